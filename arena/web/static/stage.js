// Runs with the stage (Gradio gives `element`, `props` and `watch`): while replies are written, takes what changed from
// the server; tells the page of every change that can be seen.
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
  stream = new EventSource("/battle/stream?battle=" + encodeURIComponent(battle)); // comes again when its line breaks
  stream.onmessage = ({ data }) => {
    const { a, b, ...rest } = JSON.parse(data);
    const { value } = props;
    props.value = { ...value, ...rest, a: { ...value.a, ...a }, b: { ...value.b, ...b } };
  };
  stream.addEventListener("end", leave);
}

// Gradio says nothing when it has changed the page. An observer hears of it before the browser handles the next key.
function announce() {
  element.dispatchEvent(new Event("stagechange", { bubbles: true }));
}

new MutationObserver(announce).observe(element, { attributes: true, childList: true, subtree: true });
watch("value", follow);
follow();
