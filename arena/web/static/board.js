// What scripts add to the pages without Gradio: filters apply at once, a board renews itself, and plots are drawn.

const words = JSON.parse(document.querySelector("meta[name=arena-words]").content); // in the page's language

// --- filters: short addresses, and no button to press ---------------------------------------------------------------

function tidy(form) {
  for (const field of form.querySelectorAll("select, input[type=hidden]")) field.disabled = !field.value;
  const boxes = [...form.querySelectorAll("input[name=columns]")];
  const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
  const usual = form.querySelector("[data-default]")?.dataset.default.split(",") ?? [];
  const isUsual = boxes.every((box) => box.checked === usual.includes(box.value));
  for (const box of boxes) box.disabled = true;
  if (isUsual) return;
  const list = document.createElement("input");
  Object.assign(list, { type: "hidden", name: "columns", value: chosen.join(",") || "rank" });
  form.append(list);
}

document.addEventListener("submit", (event) => tidy(event.target));
document.addEventListener("change", (event) => {
  if (event.target.matches(".filters select")) event.target.form.requestSubmit();
});

// --- a board renews itself while it is looked at ----------------------------------------------------------------------

const board = document.getElementById("board");
let etag = null;

function isLeftAlone() {
  return !document.hidden && !board.contains(document.activeElement) && !board.querySelector(".filters[open]");
}

async function renew() {
  if (!isLeftAlone()) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-cache" }).catch(() => null);
  if (!answer?.ok) return;
  const changed = etag !== null && answer.headers.get("etag") !== etag;
  const page = changed && new DOMParser().parseFromString(await answer.text(), "text/html");
  if (changed && !isLeftAlone()) return; // somebody began to use it while the answer was on its way
  etag = answer.headers.get("etag");
  if (changed) board.replaceChildren(...page.getElementById("board").childNodes);
}

if (board) {
  renew();
  // The server does not announce new votes, so the page asks.
  setInterval(renew, Math.max(1, Number(board.dataset.refreshS)) * 1000);
}

// --- plots ------------------------------------------------------------------------------------------------------------

const LEAST_WIDTH = 480; // pixels
const plots = document.getElementById("plots");
let plotly = null;

function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    Object.assign(script, { src: plots.dataset.plotly, onload: () => resolve(window.Plotly), onerror: reject });
    document.head.append(script);
  });
  return plotly;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function probe(variable) {
  // A variable may refer to another one. Only an element's computed style has the final colour.
  const element = document.createElement("i");
  element.style.color = `var(${variable})`;
  document.body.append(element);
  const found = getComputedStyle(element).color;
  element.remove();
  return found;
}

function dressed(layout) {
  const lines = { gridcolor: probe("--border-color-primary"), zerolinecolor: probe("--border-color-primary") };
  return {
    font: { family: colour("--font"), color: probe("--body-text-color"), size: 13 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    margin: { t: 30, r: 20, b: 50, l: 60 },
    ...layout,
    xaxis: { ...lines, automargin: true, ...layout.xaxis },
    yaxis: { ...lines, automargin: true, ...layout.yaxis },
  };
}

function halfway(one, other) {
  const [a, b] = [one, other].map((colour) => colour.match(/\d+/g).map(Number));
  return `rgb(${[0, 1, 2].map((part) => Math.round((a[part] + b[part]) / 2)).join(", ")})`;
}

function painted(trace, isOnly) {
  const accent = probe("--border-color-accent");
  if (trace.type === "heatmap") {
    // Light enough that the text of every cell can be read.
    const [least, text] = [probe("--background-fill-secondary"), { color: probe("--body-text-color") }];
    return { colorscale: [[0, least], [1, halfway(least, accent)]], textfont: text, ...trace };
  }
  return isOnly ? { ...trace, marker: { ...trace.marker, color: accent }, line: { ...trace.line, color: accent } } : trace;
}

async function draw(tab) {
  const about = document.getElementById("plot-about");
  for (const other of plots.querySelectorAll("[data-plot]")) other.ariaSelected = String(other === tab);
  about.textContent = words.plot_loading;
  let figure;
  try {
    const [answer] = await Promise.all([fetch(tab.dataset.source), loadPlotly()]);
    figure = await answer.json();
  } catch {
    about.textContent = words.plot_unavailable;
    return;
  }
  if (tab.ariaSelected !== "true") return; // another plot was chosen meanwhile
  about.textContent = figure.about;
  const place = document.getElementById("plot");
  window.Plotly.purge(place);
  place.replaceChildren();
  if (!figure.data.length) return;
  // On a phone a plot of many names is wider than the screen, and scrolls; bars beside their names fit.
  const fits = figure.layout.height <= 400 || figure.data[0].error_x || place.clientWidth >= LEAST_WIDTH;
  const wide = fits ? {} : { width: LEAST_WIDTH };
  const few = figure.data.length <= 2;
  const byTouch = matchMedia("(hover: none)").matches; // fingers scroll the page, and the tool bar needs a pointer
  const config = { displaylogo: false, responsive: true, modeBarButtons: [["toImage"]], displayModeBar: byTouch ? false : "hover" };
  const data = figure.data.map((trace) => painted(trace, few));
  await window.Plotly.newPlot(place, data, { ...dressed(figure.layout), ...wide, dragmode: !byTouch && "zoom" }, config);
  place.on("plotly_click", ({ points }) => {
    const address = points[0].customdata;
    if (address) location.assign(address);
  });
}

function openTab() {
  const tabs = [...plots.querySelectorAll("[data-plot]")];
  draw(tabs.find((tab) => tab.ariaSelected === "true") ?? tabs[0]);
}

if (plots) {
  plots.addEventListener("toggle", () => plots.open && openTab());
  if (plots.open) openTab();
  plots.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-plot]");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(null, "", tab.getAttribute("href"));
    draw(tab);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plots.open && openTab());
}
