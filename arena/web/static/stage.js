// Runs with the stage (Gradio gives `props` and `watch`): while replies are written, takes what changed from the server.
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

watch("value", follow);
follow();
