// The gene map: a point a gene. Arrow keys go to the next gene in a direction.

const MAP_SIDE = 640;

class GeneMap {
  constructor(data, choose) {
    this.data = data;
    this.canvas = element("canvas", {
      class: "map", width: MAP_SIDE, height: MAP_SIDE, tabindex: 0, role: "img",
      "aria-label": "Gene map: similar genes are close. Arrow keys go from gene to gene.",
    });
    const where = data.array.map;
    let most = 1e-6;
    for (const value of where) most = Math.max(most, Math.abs(value));
    this.points = Float32Array.from(where, (value) => MAP_SIDE * (0.5 + (0.47 * value) / most));
    this.canvas.addEventListener("click", (event) => {
      const box = this.canvas.getBoundingClientRect(), zoom = MAP_SIDE / box.width;
      choose(this.nearest((event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom));
    });
    this.canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (!(event.key in way)) return;
      event.preventDefault();
      choose(this.next(...way[event.key]));
    });
  }

  at(gene) { return [this.points[2 * gene], this.points[2 * gene + 1]]; }

  nearest(x, y) {
    let best = -1, least = Infinity;
    for (const gene of this.shown) {
      const [px, py] = this.at(gene), apart = Math.hypot(px - x, py - y);
      if (apart < least) [best, least] = [gene, apart];
    }
    return best;
  }

  next(right, down) {
    if (this.gene < 0) return this.shown[0] ?? -1;
    const [x, y] = this.at(this.gene);
    let best = this.gene, least = Infinity;
    for (const gene of this.shown) {
      const [px, py] = this.at(gene), along = (px - x) * right + (py - y) * down;
      const aside = Math.abs((px - x) * down) + Math.abs((py - y) * right);
      if (along > 0.5 && along + 2 * aside < least) [best, least] = [gene, along + 2 * aside];
    }
    return best;
  }

  draw(shown, gene) {
    this.shown = shown;
    this.gene = gene;
    const context = this.canvas.getContext("2d"), kept = new Set(shown);
    context.clearRect(0, 0, MAP_SIDE, MAP_SIDE);
    const size = Math.max(2.2, Math.min(6, 240 / Math.sqrt(this.data.genes.length)));
    const dot = (each, alpha) => {
      const cluster = this.data.clusters[this.data.array.cluster[each]];
      context.globalAlpha = alpha;
      context.fillStyle = cluster ? cluster.colour : "#808080";
      context.beginPath();
      context.arc(...this.at(each), size, 0, 7);
      context.fill();
    };
    for (let each = 0; each < this.data.genes.length; each++) if (!kept.has(each)) dot(each, 0.12);
    for (const each of shown) dot(each, 0.85);
    context.globalAlpha = 1;
    if (gene < 0) return;
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(...this.at(gene), size + 5, 0, 7);
    context.stroke();
    context.font = "italic 600 20px system-ui, sans-serif";
    context.fillStyle = context.strokeStyle;
    const [x, y] = this.at(gene), left = x > 0.7 * MAP_SIDE;
    context.textAlign = left ? "right" : "left";
    context.fillText(this.data.genes[gene], x + (left ? -14 : 14), y - 10);
  }
}
