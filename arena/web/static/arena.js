// What the page does beside Gradio: it scrolls to what is new, and reloads when a battle that is being written has fallen
// silent. (Gradio reloads a page whose connection broke; one that a server or proxy ends in good order does not break.)

const QUIET_MS = 5000; // while replies are written, the server sends something every second
const CALM = matchMedia("(prefers-reduced-motion: reduce)").matches;

const seen = { phase: "", beat: "", turns: 1, changedAt: performance.now() };

function show(element, block) {
  element?.scrollIntoView({ block, behavior: CALM ? "auto" : "smooth" });
}

function look() {
  const { phase, beat } = document.querySelector("#stage .battle")?.dataset ?? {};
  const turns = document.querySelectorAll("#stage .turn");
  if (turns.length > seen.turns) show(turns[turns.length - 1], "start");
  if (phase === "voted" && ["running", "open"].includes(seen.phase)) {
    // The button that had the focus is gone. (A slow page may have missed the moment when voting was open.)
    document.querySelector(".reveal h2")?.focus({ preventScroll: true });
    show(document.querySelector(".reveal"), "nearest");
  }
  if (phase === "start" && seen.phase && seen.phase !== "start") {
    document.querySelector("#prompt textarea")?.focus(); // New battle: the next thing to do is to ask
  }
  if (phase !== "running" || beat !== seen.beat || document.hidden) seen.changedAt = performance.now();
  Object.assign(seen, { phase, beat, turns: turns.length });
}

// A suggestion goes into the prompt's field, to be sent or changed.
document.addEventListener("click", ({ target }) => {
  const chip = target.closest?.("#suggestions button");
  const prompt = chip && document.querySelector("#prompt textarea");
  if (!prompt) return;
  prompt.value = chip.textContent;
  prompt.dispatchEvent(new Event("input", { bubbles: true })); // so that Gradio notices
  prompt.focus();
});

// What goes beyond the longest prompt is left out by the browser, which says nothing of it.
document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("#prompt textarea")) return;
  const isFull = target.value.length >= target.maxLength && target.maxLength > 0;
  target.setCustomValidity(isFull ? `A prompt ends at ${target.maxLength.toLocaleString("en")} characters.` : "");
  target.reportValidity();
});

async function reconnect() {
  const isLost = performance.now() - seen.changedAt > QUIET_MS;
  tell(isLost);
  if (!isLost) return;
  try {
    const answer = await fetch("/healthz", { cache: "no-store" });
    if (answer.ok) location.reload(); // the address holds the battle, the tab holds the unsent prompt
  } catch {
    // Still away; the next second asks again.
  }
}

function tell(isLost) {
  let notice = document.getElementById("lost");
  if (!isLost || notice) return isLost || notice?.remove();
  notice = document.createElement("p");
  notice.id = "lost";
  notice.setAttribute("role", "alert");
  notice.textContent = "The connection is lost. Reconnecting…";
  document.body.append(notice);
}

setInterval(look, 200);
setInterval(reconnect, 1000);
