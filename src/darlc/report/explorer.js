// The explorer: clusters, sets, gallery, map, one gene and the genes like it. Text from data is only ever
// set as text.

const AT_ONCE = 60, HITS_AT_ONCE = 8;
const SORTS = {
  cluster: ["Cluster", (d, a, b) =>
    d.array.cluster[a] - d.array.cluster[b] || d.array.confidence[b] - d.array.confidence[a]],
  name: ["Name", (d, a, b) => d.genes[a].localeCompare(d.genes[b], "en", { numeric: true })],
  confidence: ["Confidence", (d, a, b) => d.array.confidence[b] - d.array.confidence[a]],
  variability: ["Spatial variability", (d, a, b) =>
    d.array.variability[b] - d.array.variability[a]],
  expression: ["Expression", (d, a, b) => d.array.expression[b] - d.array.expression[a]],
};

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

class Explorer {
  // Alone, it is the page; else a part of one, which has a main part of its own.
  constructor(root, data, told, alone = false) {
    Object.assign(this, { root, data, told, alone });
    this.kind = "denoised";
    this.section = -1; // all of them
    this.cluster = this.set = this.hit = this.gene = -1;
    this.hits = HITS_AT_ONCE;
    this.map = new GeneMap(data, (gene) => this.choose(gene));
    this.seen = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) target.draw();
    }, { rootMargin: "300px" });
    this.build();
    this.filter();
  }

  // The sections that are shown, by number.
  get which() {
    return this.section < 0 ? this.data.sections.map((_, i) => i) : [this.section];
  }

  // A picture of some sections beside one another; `draw` paints each into its box.
  picture(label, side, which, draw) {
    const sections = which.map((i) => this.data.sections[i]);
    const { width, height, boxes } = beside(sections);
    const dense = Math.min(2, window.devicePixelRatio || 1);
    const canvas = element("canvas", {
      width: Math.round(side * width * dense), height: Math.round(side * height * dense),
      role: "img", "aria-label": label,
    });
    canvas.style.aspectRatio = `${width} / ${height}`;
    canvas.draw = () => {
      cleared(canvas);
      sections.forEach((section, i) => draw(canvas, section, boxes[i]));
    };
    this.seen.observe(canvas);
    return canvas;
  }

  // All sections of a picture have the same limits: a colour means the same in each.
  ofGene(gene, side, kind = null, limits = null, which = this.which) {
    const { data } = this, sections = which.map((i) => data.sections[i]);
    const named = (now) => [data.genes[gene], now, ...(data.sections.length > 1
      ? [sections.map(({ name }) => name).join(" and ")] : [])].join(", ");
    return this.picture(named(kind ?? this.kind), side, which, (canvas, section, box) => {
      const now = kind ?? this.kind;
      canvas.setAttribute("aria-label", named(now));
      paint(canvas, section, box, section.has(gene) ? section.view(gene, now) : null,
        limits ?? data.limits(gene, [now], sections));
    });
  }

  part(name, ...children) {
    return element(this.alone ? name : "div", { class: name }, ...children);
  }

  build() {
    const { data, root } = this;
    root.classList.add("darlc");
    root.classList.toggle("beside", this.which.length > 1);
    this.search = element("input", {
      type: "search", id: "darlc-search", placeholder: "Gene, such as MBP", autocomplete: "off",
      oninput: () => this.filter(),
    });
    this.sort = element("select", { id: "darlc-sort", onchange: () => this.filter() },
      ...Object.entries(SORTS).map(([value, [text]]) => element("option", { value }, text)));
    this.kinds = ["denoised", "raw"].map((kind) => element("button", {
      type: "button", "aria-pressed": String(kind === this.kind), "data-kind": kind,
      onclick: () => this.show(kind),
    }, kind === "raw" ? "Raw" : "Denoised"));
    this.choice = element("select", { id: "darlc-section", onchange: () => this.changeSection() },
      ...["All, side by side", ...data.sections.map(({ name }) => name)].map((name, i) =>
        element("option", { value: i - 1 }, name)));
    this.count = element("p", { class: "count", role: "status", "aria-live": "polite" });
    this.gallery = element("ul", { class: "gallery", onkeydown: (event) => this.step(event) });
    this.more = element("button", { type: "button", class: "more", onclick: () => this.extend() });
    this.unprinted = element("p", { class: "unprinted" });
    this.detail = element("aside", { class: "detail", "aria-label": "Chosen gene" });
    new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting && !this.more.hidden) this.extend();
    }, { rootMargin: "400px" }).observe(this.more);
    root.replaceChildren(
      this.part("header",
        element("div", {}, element("h1", {}, data.title), element("p", { class: "summary" },
          `${data.genes.length.toLocaleString("en")} genes as pictures · ${data.summary} · ` +
          `${data.observations.toLocaleString("en")} observations`)),
        element("div", { class: "switches" }, ...(data.sections.length > 1
          ? [element("label", { for: "darlc-section" }, "Section", this.choice)] : []),
        element("div", { class: "kinds", role: "group", "aria-label": "View" }, ...this.kinds))),
      this.part("main",
        element("section", { class: "clusters", "aria-labelledby": "darlc-clusters" },
          element("h2", { id: "darlc-clusters" }, "Clusters"), this.cards()),
        ...(data.changes ? [new ChangesTable(data, (gene) => this.choose(gene),
          (cluster) => this.dot(cluster)).root] : []),
        ...(data.sets.length ? [this.sets()] : []),
        ...(data.enrichment ? [this.enrichment()] : []),
        element("div", { class: "columns" },
          element("section", { class: "genes", "aria-labelledby": "darlc-genes" },
            element("h2", { id: "darlc-genes" }, "Genes"),
            element("div", { class: "tools" },
              element("label", { for: "darlc-search" }, "Search", this.search),
              element("label", { for: "darlc-sort" }, "Sort by", this.sort),
              element("button", { type: "button", onclick: () => this.copy() }, "Copy names")),
            this.count, this.gallery, this.more, this.unprinted),
          element("div", { class: "side" }, this.detail,
            element("section", { "aria-labelledby": "darlc-map" },
              element("h2", { id: "darlc-map" }, "Gene map"), this.map.canvas)))),
      this.footer());
    root.addEventListener("keydown", (event) => this.press(event));
    window.addEventListener("beforeprint", () => this.print(true));
    window.addEventListener("afterprint", () => this.print(false));
  }

  cards() {
    const { data } = this;
    this.buttons = data.clusters.map((cluster, k) => {
      if (!cluster.size) return null;
      const card = element("button", {
        type: "button", class: "card", "aria-pressed": "false", "data-cluster": k,
        onclick: () => { this.cluster = this.cluster === k ? -1 : k; this.filter(); },
      },
        this.ofCluster(k),
        element("strong", {}, cluster.name),
        element("span", { class: "size" }, `${cluster.size.toLocaleString("en")} gene${cluster.size === 1 ? "" : "s"}`),
        element("span", { class: "typical" },
          cluster.typical.map((gene) => data.genes[gene]).join(", ")));
      card.style.setProperty("--cluster", cluster.colour);
      return card;
    });
    return element("div", { class: "cards" }, ...this.buttons.filter(Boolean));
  }

  // Each pattern from its lowest to its highest value: compare shapes, not amounts.
  ofCluster(k) {
    const { name, colour } = this.data.clusters[k], colours = clusterTable(colour);
    return this.picture(`pattern of cluster ${name}`, 130, this.which, (canvas, section, box) =>
      paint(canvas, section, box, section.pattern(k), [0, 255], colours));
  }

  // Draw another section, or all, in all pictures.
  changeSection() {
    this.section = Number(this.choice.value);
    this.root.classList.toggle("beside", this.which.length > 1);
    for (const card of this.buttons) {
      card?.querySelector("canvas").replaceWith(this.ofCluster(Number(card.dataset.cluster)));
    }
    this.filter();
    if (this.gene >= 0 && this.detail.childElementCount) this.describe(this.gene);
  }

  sets() {
    this.setButtons = this.data.sets.map((each, i) => element("button", {
      type: "button", "aria-pressed": "false", title: each.record, "data-set": i,
      onclick: () => { this.set = this.set === i ? -1 : i; this.filter(); },
    }, `${each.name} (${each.rows.length} of ${each.size})`));
    return element("section", { class: "sets", "aria-labelledby": "darlc-sets" },
      element("h2", { id: "darlc-sets" }, "Gene sets"), ...this.setButtons);
  }

  enrichment() {
    const head = ["Cluster", "Gene set", "Genes", "Fold", "FDR"];
    this.hitRows = element("tbody");
    this.moreHits = element("button", { type: "button", class: "more", onclick: () => {
      const next = this.hits;
      this.hits = Infinity;
      this.listHits();
      this.hitRows.querySelectorAll("button")[next]?.focus();
    } });
    return element("section", { class: "enrichment", "aria-labelledby": "darlc-enrichment" },
      element("h2", { id: "darlc-enrichment" }, "Enriched gene sets"),
      element("p", { class: "about", id: "darlc-tested" }, this.data.enrichment.about),
      element("div", { class: "wide" }, element("table", { "aria-describedby": "darlc-tested" },
        element("thead", {}, element("tr", {},
          ...head.map((word) => element("th", { scope: "col" }, word)))),
        this.hitRows)),
      this.moreHits);
  }

  // Those of the chosen cluster, or of all. The rows stay where they are while nothing changes, and
  // so does the keyboard's focus.
  listHits() {
    const { data } = this, which = `${this.cluster} ${this.hits}`;
    if (this.listed === which) return;
    this.listed = which;
    const found = data.enrichment.hits.map((hit, i) => [hit, i]).filter(([{ cluster }]) =>
      this.cluster < 0 || this.cluster === cluster);
    const text = (value) => element("td", {}, value);
    this.hitRows.replaceChildren(...found.slice(0, this.hits).map(([hit, i]) => element("tr", {},
      element("td", {}, this.dot(hit.cluster), data.clusters[hit.cluster].name),
      element("td", {}, element("button", {
        type: "button", "aria-pressed": "false", title: hit.record, "data-hit": i,
        onclick: () => { this.hit = this.hit === i ? -1 : i; this.filter(); },
      }, hit.set)),
      text(`${hit.overlap} of ${hit.size}`), text(hit.fold.toFixed(1)),
      text(hit.fdr < 0.001 ? hit.fdr.toExponential(0) : hit.fdr.toFixed(3)))));
    if (!found.length) {
      this.hitRows.append(element("tr", {}, element("td", { colspan: 5 }, "No set is enriched.")));
    }
    this.moreHits.hidden = found.length <= this.hits;
    this.moreHits.textContent = `Show all ${found.length}`;
  }

  dot(cluster) {
    const made = element("span", { class: "dot", "aria-hidden": "true" });
    made.style.background = this.data.clusters[cluster]?.colour ?? "#808080";
    return made;
  }

  footer() {
    const { data } = this;
    return this.part("footer", element("details", {},
      element("summary", {}, "How this was made, and how to repeat it"),
      element("pre", { class: "command", tabindex: 0 }, data.command),
      element("dl", {}, ...data.facts.flatMap(([name, value]) =>
        [element("dt", {}, name), element("dd", {}, value)])),
      element("ul", {}, ...data.notes.map((note) => element("li", {}, note)))));
  }

  // The genes that search, cluster and sets leave, in order.
  filter() {
    const { data } = this, typed = this.search.value.trim().toLowerCase();
    if (data.enrichment) {
      // A hit is of one cluster, and is not in the list of another.
      if (this.cluster >= 0 && data.enrichment.hits[this.hit]?.cluster !== this.cluster) {
        this.hit = -1;
      }
      this.listHits();
      for (const button of this.hitRows.querySelectorAll("[data-hit]")) {
        button.setAttribute("aria-pressed", String(Number(button.dataset.hit) === this.hit));
      }
    }
    const kept = [data.sets[this.set], data.enrichment?.hits[this.hit]].filter(Boolean)
      .map(({ rows }) => new Set(rows));
    const order = SORTS[this.sort.value][1];
    this.shown = data.genes.map((_, gene) => gene).filter((gene) =>
      (this.cluster < 0 || data.array.cluster[gene] === this.cluster) &&
      kept.every((set) => set.has(gene)) &&
      (!typed || data.genes[gene].toLowerCase().includes(typed) ||
        data.names[gene].toLowerCase().includes(typed)));
    this.shown.sort((a, b) => order(data, a, b));
    if (typed) {
      const first = (gene) => (data.genes[gene].toLowerCase() === typed ? 0
        : data.genes[gene].toLowerCase().startsWith(typed) ? 1 : 2);
      this.shown.sort((a, b) => first(a) - first(b));
    }
    for (const card of this.buttons) {
      card?.setAttribute("aria-pressed", String(Number(card.dataset.cluster) === this.cluster));
    }
    for (const button of this.setButtons ?? []) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.set) === this.set));
    }
    this.gallery.replaceChildren();
    this.extend();
    const n = this.shown.length;
    this.count.textContent = n === data.genes.length ? `All ${n} genes`
      : n ? `${n} of ${data.genes.length} genes` : "No gene fits: change the search, the cluster or the set.";
    this.map.draw(this.shown, this.gene);
    this.told("genes", this.shown.map((gene) => data.names[gene]));
  }

  extend() {
    const start = this.gallery.childElementCount;
    for (const gene of this.shown.slice(start, start + AT_ONCE)) {
      this.gallery.append(element("li", {}, this.tile(gene, 120)));
    }
    const left = this.shown.length - this.gallery.childElementCount;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(left, AT_ONCE)} more of ${left}`;
    this.unprinted.textContent = left > 0 ? `… and ${left} more, not printed.` : "";
  }

  tile(gene, side, more = "") {
    const { data } = this, cluster = data.clusters[data.array.cluster[gene]];
    return element("button", {
      type: "button", class: "tile", "data-gene": gene, onclick: () => this.choose(gene),
      "aria-current": gene === this.gene ? "true" : null,
    }, this.ofGene(gene, side), element("span", { class: "name" },
      this.dot(data.array.cluster[gene]), data.genes[gene]),
    element("span", { class: "facts" }, more || (cluster ? `cluster ${cluster.name}` : "")));
  }

  // Light colours, all pictures drawn, and all parts open while the page is printed.
  print(begins) {
    this.root.classList.toggle("paper", begins);
    const parts = this.root.querySelectorAll("details");
    if (begins) {
      this.opened = [...parts].map((part) => part.open);
      for (const canvas of this.root.querySelectorAll("canvas")) canvas.draw?.();
    }
    parts.forEach((part, i) => { part.open = begins || this.opened[i]; });
    this.map.draw(this.shown, this.gene);
  }

  press(event) {
    if (event.key === "/" && event.target !== this.search) {
      event.preventDefault();
      this.search.focus();
    } else if (event.key === "Escape") this.close();
  }

  step(event) {
    const tiles = [...this.gallery.querySelectorAll(".tile")], at = tiles.indexOf(event.target);
    if (at < 0) return;
    const top = tiles[0].offsetTop;
    const columns = Math.max(1, tiles.findIndex((tile) => tile.offsetTop > top));
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!by) return;
    event.preventDefault();
    tiles[Math.max(0, Math.min(tiles.length - 1, at + by))].focus();
  }

  show(kind) {
    this.kind = kind;
    for (const button of this.kinds) {
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    }
    for (const canvas of this.root.querySelectorAll(".tile canvas")) {
      this.seen.unobserve(canvas);
      this.seen.observe(canvas); // paints again what is in sight
    }
  }

  choose(gene) {
    if (gene < 0 || gene >= this.data.genes.length) return;
    const { data } = this;
    this.gene = gene;
    this.describe(gene);
    this.detail.classList.add("open");
    for (const tile of this.root.querySelectorAll(".tile[aria-current]")) {
      tile.removeAttribute("aria-current");
    }
    this.gallery.querySelector(`[data-gene="${gene}"]`)?.setAttribute("aria-current", "true");
    this.count.textContent = `${data.genes[gene]} chosen`;
    this.map.draw(this.shown, gene);
    this.told("gene", data.names[gene]);
  }

  // The chosen gene in each section that is shown, at the same limits, and the genes like it.
  describe(gene) {
    const { data, which } = this;
    const cluster = data.clusters[data.array.cluster[gene]];
    const second = data.clusters[data.array.second[gene]];
    const also = data.clusters[data.array.also[gene]];
    const percent = (value) => `${Math.round(100 * value)} %`;
    const sections = which.map((i) => data.sections[i]);
    const limits = [0, data.limits(gene, ["raw", "denoised"], sections)[1]];
    const pictures = which.flatMap((i) => this.pair(gene, i, limits));
    const facts = [
      ["Cluster", cluster ? `${cluster.name}, confidence ${percent(data.array.confidence[gene])}`
        : "none"],
      ...(also ? [["Also follows",
        `${also.name}, ${percent(data.array.alsoShare[gene])} of its molecules`]] : []),
      ...(second && data.array.confidence[gene] < 0.9 ? [["Next", second.name]] : []),
      ["Spatial variability", `Moran’s I ${data.array.variability[gene].toFixed(2)}`],
      ...(data.names[gene] === data.genes[gene] ? [] : [["Identifier", data.names[gene]]]),
    ];
    this.detail.replaceChildren(
      element("div", { class: "title" }, element("h2", {}, data.genes[gene]),
        element("button", { type: "button", class: "close", onclick: () => this.close() }, "Close")),
      ...pictures, this.scale(limits),
      element("dl", {}, ...facts.flatMap(([name, value]) =>
        [element("dt", {}, name), element("dd", {}, value)])),
      element("h3", {}, "Genes like this"),
      element("div", { class: "similar" }, ...data.similar(gene, 12).map(([other, cosine]) =>
        this.tile(other, 80, cosine.toFixed(2)))));
  }

  // Raw and denoised view in a section, below its name and what is special of the gene there.
  pair(gene, which, limits) {
    const { data } = this, section = data.sections[which], several = data.sections.length > 1;
    const left = data.followed(gene, which);
    const more = !section.has(gene) ? ": not measured"
      : section.shown(gene, "denoised") === "raw" ? ": raw, too few molecules for more"
        : left ? `: follows ${left.name}` : "";
    const head = several ? [element("h3", {}, section.name + more)] : [];
    if (!section.has(gene)) return head;
    const kinds = ["raw", "denoised"].filter((kind) => section.shown(gene, kind) === kind);
    const pictures = kinds.map((kind) => element("figure", {},
      this.ofGene(gene, 220, kind, limits, [which]), element("figcaption", {}, kind)));
    const bar = this.scaleBar(section);
    if (bar) pictures[0].append(bar);
    return [...head, element("div", { class: "pair" }, ...pictures)];
  }

  scale([low, high]) {
    return element("div", { class: "scale" }, element("span", {}, low.toFixed(1)),
      element("span", { class: "ramp", "aria-hidden": "true" }), element("span", {},
        `${high.toFixed(1)} log-normalised`));
  }

  // A round length of at most a third of the picture, where micrometres are known.
  scaleBar(section) {
    const width = (section.microns ?? 0) * section.place.width;
    if (!width) return null;
    const most = width / 3, power = 10 ** Math.floor(Math.log10(most));
    const length = power * [5, 2, 1].find((step) => step * power <= most * (1 + 1e-9));
    const text = length >= 1000 ? `${length / 1000} mm` : `${length} µm`;
    const bar = element("div", { class: "bar" }, text);
    bar.style.width = `${(100 * length) / width}%`;
    return bar;
  }

  close() { this.detail.classList.remove("open"); }

  async copy() {
    const text = this.shown.map((gene) => this.data.genes[gene]).join("\n");
    try {
      await navigator.clipboard.writeText(text);
      this.count.textContent = `${this.shown.length} names copied`;
    } catch {
      this.count.textContent = "The browser does not let this page copy.";
    }
  }
}

async function start(root) {
  const packed = atob(document.getElementById("darlc-block").textContent);
  const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
  const header = JSON.parse(document.getElementById("darlc-header").textContent);
  const explorer = new Explorer(root, new Data(header, await unpack(bytes)), () => {}, true);
  root.explorer = explorer;
  document.addEventListener("keydown", (event) => {
    if (!root.contains(event.target)) explorer.press(event);
  });
}

async function render({ model, el }) {
  // Letters, arrows and Enter that are pressed in it are not commands of the notebook around it.
  const root = element("div", { onkeydown: (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  } });
  el.append(root);
  const told = (name, value) => { model.set(name, value); model.save_changes(); };
  const block = model.get("block");
  const bytes = new Uint8Array(block.buffer ?? block, block.byteOffset ?? 0, block.byteLength);
  const data = new Data(JSON.parse(model.get("header")), await unpack(bytes));
  const explorer = new Explorer(root, data, told);
  const follow = () => {
    const gene = data.names.indexOf(model.get("gene"));
    if (gene >= 0 && gene !== explorer.gene) explorer.choose(gene);
  };
  model.on("change:gene", follow);
  follow();
}

export default { render };
