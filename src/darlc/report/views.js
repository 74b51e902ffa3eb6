// Data of the page, and views of genes computed and painted from them.

const TYPES = {
  int32: Int32Array, int16: Int16Array, uint8: Uint8Array, float32: Float32Array,
};
const OUTLINE = "#8a8f98"; // as in figures
const FLOOR = 0.02; // smallest rate as a share of a gene's mean, as in darlc

async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

class Data {
  constructor(header, buffer) {
    Object.assign(this, header);
    this.array = {};
    this.shape = {};
    for (const [name, { offset, type, shape }] of Object.entries(header.arrays)) {
      const size = shape.reduce((a, b) => a * b, 1);
      this.array[name] = new TYPES[type](buffer, offset, size);
      this.shape[name] = shape;
    }
    this.pixels = this.shape.programmes[0];
    this.programmes = this.unscaled("programmes");
    this.coefficients = this.unscaled("coefficients");
  }

  unscaled(name) {
    const [rows, columns] = this.shape[name];
    const whole = this.array[name], scale = this.array[`${name}Scale`];
    const values = new Float32Array(rows * columns);
    for (let i = 0; i < values.length; i++) values[i] = whole[i] * scale[i % columns];
    return values;
  }

  raw(gene) {
    const scale = this.array.rawScale[gene], start = gene * this.pixels;
    return Float32Array.from(
      this.array.raw.subarray(start, start + this.pixels), (value) => value * scale);
  }

  denoised(gene) {
    const columns = this.shape.programmes[1];
    const own = this.coefficients.subarray(gene * columns, (gene + 1) * columns);
    const mean = this.array.mean[gene], share = this.array.share[gene];
    const raw = share ? this.raw(gene) : null;
    const view = new Float32Array(this.pixels);
    for (let pixel = 0, at = 0; pixel < view.length; pixel++) {
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += own[c] * this.programmes[at++];
      if (this.link === "identity") {
        view[pixel] = Math.max(mean + sum, 0);
      } else {
        let rate = Math.max(1 + sum, FLOOR) * mean;
        if (raw) rate += share * (Math.expm1(raw[pixel]) - rate);
        view[pixel] = Math.log1p(rate);
      }
    }
    return view;
  }

  view(gene, kind) { return kind === "raw" ? this.raw(gene) : this.denoised(gene); }

  limits(gene, kind) {
    const start = 4 * gene + (kind === "raw" ? 2 : 0);
    return this.array.limits.subarray(start, start + 2);
  }

  // Genes with the closest embeddings, best first, with their cosines.
  similar(gene, many) {
    const [n, size] = this.shape.embedding, all = this.array.embedding;
    const found = [];
    for (let other = 0; other < n; other++) {
      if (other === gene) continue;
      let sum = 0;
      for (let i = 0; i < size; i++) sum += all[gene * size + i] * all[other * size + i];
      found.push([other, sum / 32767 ** 2]);
    }
    return found.sort((a, b) => b[1] - a[1]).slice(0, many);
  }
}

function rgb(colour) {
  return [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
}

// 256 colours through evenly spaced stops, as bytes.
function table(stops) {
  const colours = stops.map(rgb), found = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2);
    for (let c = 0; c < 3; c++) {
      found[3 * i + c] = colours[low][c] + (at - low) * (colours[low + 1][c] - colours[low][c]);
    }
  }
  return found;
}

const VIRIDIS = table(["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80",
  "#5ec962", "#addc30", "#fde725"]);

function clusterTable(colour) { return table(["#15171c", colour, "#ffffff"]); }

// Paint values over tissue pixels on a canvas, where they lie on the slide.
function paint(canvas, data, values, [low, high], colours = VIRIDIS) {
  const [height, width] = data.shape.index, index = data.array.index;
  const image = new ImageData(width, height);
  const scale = 255 / Math.max(high - low, 1e-9);
  for (let i = 0; i < index.length; i++) {
    if (index[i] < 0) continue;
    const level = Math.max(0, Math.min(255, Math.round((values[index[i]] - low) * scale)));
    image.data.set(colours.subarray(3 * level, 3 * level + 3), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  small.getContext("2d").putImageData(image, 0, 0);
  const context = canvas.getContext("2d"), side = Math.max(canvas.width, canvas.height);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = Math.max(width, height) > 1.5 * side;
  context.setTransform(...data.place.matrix.map((value) => value * side));
  context.drawImage(small, 0, 0);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.strokeStyle = OUTLINE;
  context.lineWidth = Math.max(1, Math.min(2, side / 170));
  for (const line of data.outline) {
    context.beginPath();
    for (const [x, y] of line) context.lineTo(x * side, y * side);
    context.closePath();
    context.stroke();
  }
}
