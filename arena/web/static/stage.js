// Runs inside the stage's component (Gradio provides `element`, `props` and `watch`). While replies are written, it
// receives the changed parts from the server. It also announces every visible change to the page, for arena.js.
let stream = null;
let battle = "";

function leave() {
  stream?.close();
  stream = null;
}

function follow() {
  const { phase, battle: shown } = props.value;
  if (phase !== "running") return leave();
  if (shown === battle && stream && stream.readyState !== EventSource.CLOSED) return;
  leave();
  battle = shown;
  stream = new EventSource("battle/stream?battle=" + encodeURIComponent(battle)); // reconnects by itself
  stream.onmessage = ({ data }) => {
    const { a, b, ...rest } = JSON.parse(data);
    const { value } = props;
    props.value = { ...value, ...rest, a: { ...value.a, ...a }, b: { ...value.b, ...b } };
  };
  stream.addEventListener("end", leave);
}

// Gradio sends no event after it changed the page. An observer is called before the browser handles the next key.
function announce() {
  element.dispatchEvent(new Event("stagechange", { bubbles: true }));
}

new MutationObserver(announce).observe(element, { attributes: true, childList: true, subtree: true });
watch("value", follow);
follow();
