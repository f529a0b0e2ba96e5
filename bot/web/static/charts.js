/* Charts drawn from the tables of the page: what they say stands there already, for everybody and for paper. */
"use strict";
(() => {
  // Okabe and Ito's colours, told apart with every kind of colour blindness; each series has a pattern or dashes too.
  const LOOKS = {
    green: ["#009e73", "none"], yellow: ["#f0e442", "dots"], orange: ["#e69f00", "stripes"], red: ["#b3001b", "cross"],
    now: ["#0072b2", "none"], before: ["#e69f00", "stripes"], usual: ["#999999", "dots"],
    score: ["#0072b2", [], "circle"], taken: ["#e69f00", [8, 4], "rect"], in_time: ["#009e73", [2, 3], "triangle"],
    solved: ["#cc79a7", [10, 3, 2, 3], "rectRot"],
  };
  const GREY = { green: "#ffffff", yellow: "#dddddd", orange: "#aaaaaa", red: "#444444", now: "#555555", before: "#aaaaaa", usual: "#eeeeee" };
  const MOST = 15;
  const charts = new Map();
  let printing = false;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const ink = () => (printing ? "#000000" : colour("--ink") || "#000000");
  const line = () => (printing ? "#999999" : colour("--line") || "#cccccc");

  function filled(tone) {
    const [plain, pattern] = LOOKS[tone] || LOOKS.now;
    const ground = printing ? GREY[tone] || "#555555" : plain;
    if (pattern === "none") return ground;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = pen.fillStyle = "rgba(0, 0, 0, 0.65)";
    pen.lineWidth = 1.2;
    pen.beginPath();
    if (pattern === "dots") { pen.arc(4, 4, 1.3, 0, 7); pen.fill(); }
    if (pattern === "stripes" || pattern === "cross") { pen.moveTo(0, 8); pen.lineTo(8, 0); }
    if (pattern === "cross") { pen.moveTo(0, 0); pen.lineTo(8, 8); }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  function read(table, kind) {
    const heads = [...table.querySelectorAll("thead th")];
    const rows = [...table.querySelectorAll("tbody tr")].filter((row) => kind === "bars" || !row.classList.contains("total"));
    const shown = kind === "stack" ? rows.slice(0, MOST) : rows;
    const series = heads.flatMap((head, place) => (head.dataset.tone ? [[head.dataset.tone, head.textContent.trim(), place]] : []));
    return {
      labels: shown.map((row) => row.cells[0].dataset.label || row.cells[0].textContent.trim()),
      datasets: series.map(([tone, label, place]) => ({
        tone, label,
        data: shown.map((row) => (row.cells[place] && row.cells[place].dataset.v !== undefined ? Number(row.cells[place].dataset.v) : null)),
      })),
    };
  }

  function dressed(set, kind) {
    const look = LOOKS[set.tone] || LOOKS.now;
    if (kind !== "lines") return { ...set, backgroundColor: filled(set.tone), borderColor: ink(), borderWidth: 1 };
    const stroke = printing ? "#000000" : look[0];
    return { ...set, borderColor: stroke, backgroundColor: stroke, borderDash: look[1], pointStyle: look[2], pointRadius: 5, borderWidth: 2, spanGaps: true };
  }

  function options(kind, several) {
    const axis = (stacked) => ({ stacked, ticks: { color: ink(), precision: 0 }, grid: { color: line() } });
    const across = kind !== "lines";
    return {
      animation: false, responsive: true, maintainAspectRatio: false, indexAxis: across ? "y" : "x",
      scales: {
        x: { ...axis(kind === "stack"), beginAtZero: true },
        y: { ...axis(kind === "stack"), ...(across ? { ticks: { color: ink(), autoSkip: false } } : { min: 0, max: 100 }) },
      },
      plugins: { legend: { display: several, labels: { color: ink(), usePointStyle: kind === "lines" } } },
    };
  }

  function draw(canvas) {
    const table = document.getElementById(canvas.dataset.table);
    if (!table || typeof Chart === "undefined") return;
    const kind = canvas.dataset.chart, found = read(table, kind);
    const enough = found.datasets.some((set) => set.data.some((value) => value !== null));
    canvas.parentElement.hidden = !enough;
    if (!enough) return;
    const data = { labels: found.labels, datasets: found.datasets.map((set) => dressed(set, kind)) };
    const old = charts.get(canvas);
    if (old) {
      old.data = data;
      old.options = options(kind, data.datasets.length > 1);
      old.update("none");
    } else {
      charts.set(canvas, new Chart(canvas, { type: kind === "lines" ? "line" : "bar", data, options: options(kind, data.datasets.length > 1) }));
    }
  }

  function drawAll() {
    for (const [canvas, chart] of charts) if (!canvas.isConnected) { chart.destroy(); charts.delete(canvas); }
    document.querySelectorAll("canvas[data-chart]").forEach(draw);
  }

  function forPaper(yes) {
    printing = yes;
    drawAll();
    for (const chart of charts.values()) chart.resize();
  }

  window.addEventListener("beforeprint", () => forPaper(true));
  window.addEventListener("afterprint", () => forPaper(false));
  matchMedia("print").addEventListener("change", (event) => forPaper(event.matches));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  document.addEventListener("looked-again", drawAll);
  drawAll();
})();
