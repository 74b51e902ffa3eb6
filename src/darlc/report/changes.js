// Genes that follow another cluster in a section, of a study: a table; a press shows the gene.

const CHANGES_AT_ONCE = 10;

class ChangesTable {
  constructor(data, choose, dot) {
    Object.assign(this, { data, choose, dot, most: CHANGES_AT_ONCE });
    this.rows = element("tbody");
    this.more = element("button", { type: "button", class: "more", onclick: () => {
      const next = this.most;
      this.most = Infinity;
      this.list();
      this.rows.querySelectorAll("button")[next]?.focus();
    } });
    const head = ["Gene", "Cluster", "Section", "There", "Keeps its own"];
    this.root = element("section", { class: "changes", "aria-labelledby": "darlc-changes" },
      element("h2", { id: "darlc-changes" }, "What changes"),
      element("p", { class: "about", id: "darlc-judged" }, data.changes.about),
      element("div", { class: "wide" }, element("table", { "aria-describedby": "darlc-judged" },
        element("thead", {}, element("tr", {},
          ...head.map((word) => element("th", { scope: "col" }, word)))),
        this.rows)),
      this.more);
    this.list();
  }

  list() {
    const { data } = this, { rows } = data.changes;
    const cell = (...parts) => element("td", {}, ...parts);
    const cluster = (k) => [this.dot(k), data.clusters[k].name];
    this.rows.replaceChildren(...rows.slice(0, this.most).map(({ gene, section, there, keeps }) =>
      element("tr", {},
        cell(element("button", { type: "button", onclick: () => this.choose(gene) },
          data.genes[gene])),
        cell(...cluster(data.array.cluster[gene])), cell(data.sections[section].name),
        cell(...cluster(there)), cell(keeps < 0.001 ? "< 0.001" : keeps.toFixed(3)))));
    if (!rows.length) {
      this.rows.append(element("tr", {}, element("td", { colspan: 5 }, "No gene changes.")));
    }
    this.more.hidden = rows.length <= this.most;
    this.more.textContent = `Show all ${rows.length}`;
  }
}
