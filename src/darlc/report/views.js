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

// Arrays by name, as views of a block.
function arraysIn(buffer, where) {
  const array = {}, shape = {};
  for (const [name, place] of Object.entries(where)) {
    const size = place.shape.reduce((a, b) => a * b, 1);
    array[name] = new TYPES[place.type](buffer, place.offset, size);
    shape[name] = place.shape;
  }
  return { array, shape };
}

const RAW_ONLY = 1, ABSENT = 2; // what a section has of a gene; 0 is all

// One section: its views, and where they lie.
class Section {
  constructor(header, buffer) {
    Object.assign(this, header, arraysIn(buffer, header.arrays));
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

  has(gene) { return this.array.state[gene] !== ABSENT; }

  // The kind of view that is shown of a gene where another is asked for.
  shown(gene, kind) { return this.array.state[gene] === RAW_ONLY ? "raw" : kind; }

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

  view(gene, kind) {
    return this.shown(gene, kind) === "raw" ? this.raw(gene) : this.denoised(gene);
  }

  limits(gene, kind) {
    const name = this.shown(gene, kind) === "raw" ? "rawLimits" : "limits";
    return this.array[name].subarray(2 * gene, 2 * gene + 2);
  }

  pattern(cluster) {
    return this.array.patterns.subarray(cluster * this.pixels, (cluster + 1) * this.pixels);
  }
}

class Data {
  constructor(header, buffer) {
    Object.assign(this, header, arraysIn(buffer, header.arrays));
    this.sections = header.sections.map((each) => new Section(each, buffer));
  }

  // The cluster that a gene follows in a section in place of its own; undefined for none.
  followed(gene, section) {
    return this.clusters[this.array.followed[section * this.genes.length + gene]];
  }

  // Limits of a gene's views of some kinds in some sections together.
  limits(gene, kinds, sections) {
    const found = sections.filter((each) => each.has(gene))
      .flatMap((each) => kinds.map((kind) => each.limits(gene, kind)));
    return [Math.min(...found.map(([low]) => low), Infinity),
      Math.max(...found.map(([, high]) => high), -Infinity)].map((end) =>
      (Number.isFinite(end) ? end : 0));
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

// Where sections are drawn beside one another, on a canvas whose longer side is 1. Sizes are true to
// one another where micrometres of all are known.
function beside(sections) {
  const known = sections.every(({ microns }) => microns);
  const scales = sections.map(({ microns }) => (known ? microns : 1));
  const widths = sections.map(({ place }, i) => place.width * scales[i]);
  const heights = sections.map(({ place }, i) => place.height * scales[i]);
  const cell = [Math.max(...widths), Math.max(...heights)];
  const columns = Math.ceil(Math.sqrt((sections.length * cell[1]) / cell[0]));
  const across = Math.max(1, Math.min(columns, sections.length));
  const down = Math.ceil(sections.length / across);
  const gap = sections.length > 1 ? 0.06 * Math.max(...cell) : 0;
  const width = across * (cell[0] + gap) - gap, height = down * (cell[1] + gap) - gap;
  const most = Math.max(width, height);
  const boxes = sections.map((_, i) => ({
    x: ((i % across) * (cell[0] + gap) + (cell[0] - widths[i]) / 2) / most,
    y: (Math.floor(i / across) * (cell[1] + gap) + (cell[1] - heights[i]) / 2) / most,
    side: scales[i] / most,
  }));
  return { width: width / most, height: height / most, boxes };
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

function cleared(canvas) {
  const context = canvas.getContext("2d");
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return context;
}

// Paint values over the tissue pixels of a section into its box of a canvas, where they lie on the
// slide; nothing but the outline without values.
function paint(canvas, section, box, values, [low, high], colours = VIRIDIS) {
  const context = canvas.getContext("2d"), whole = Math.max(canvas.width, canvas.height);
  const side = whole * box.side, [x, y] = [whole * box.x, whole * box.y];
  const [height, width] = section.shape.index, index = section.array.index;
  if (values) {
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
    context.imageSmoothingEnabled = Math.max(width, height) > 1.5 * side;
    const [a, b, c, d, e, f] = section.place.matrix.map((value) => value * side);
    context.setTransform(a, b, c, d, e + x, f + y);
    context.drawImage(small, 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }
  context.strokeStyle = OUTLINE;
  context.lineWidth = Math.max(1, Math.min(2, side / 170));
  for (const line of section.outline) {
    context.beginPath();
    for (const [left, top] of line) context.lineTo(x + left * side, y + top * side);
    context.closePath();
    context.stroke();
  }
}
