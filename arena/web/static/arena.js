// What the page does besides Gradio: it brings new content into view, makes the next battle wait until a vote is
// answered, and reloads when no news of a running battle arrives. (Gradio itself reloads a page only after a broken
// connection, and not if a server or proxy has closed the connection properly.)
//
// Everything here reacts to events at once. A timer would notice a change late, and could then move the focus just as
// the voter presses a key.

const query = (selector) => document.querySelector(selector);
const words = JSON.parse(query("meta[name=arena-words]").content); // what this script says, in the page's language

// --- what is new ------------------------------------------------------------------------------------------------------

const CALM = matchMedia("(prefers-reduced-motion: reduce)").matches;

let seen = { phase: "start", turns: 1 };

function look() {
  const { phase = "start" } = query("#stage .battle")?.dataset ?? {};
  return { phase, turns: document.querySelectorAll("#stage .turn").length };
}

function bringIntoView(element, block) {
  element?.scrollIntoView({ block, behavior: CALM ? "auto" : "smooth" });
}

// Moves the focus only if its control has disappeared. A voter who has gone on to another control stays there.
function rescueFocus(element) {
  const focused = document.activeElement ?? document.body;
  const isGone = focused === document.body || !focused.checkVisibility();
  if (isGone) element?.focus({ preventScroll: true });
}

function showReveal() {
  rescueFocus(query(".reveal h2"));
  bringIntoView(query(".reveal"), "nearest");
}

function onStageChange() {
  const before = seen;
  seen = look();
  if (seen.turns > before.turns) bringIntoView([...document.querySelectorAll("#stage .turn")].at(-1), "start");
  if (seen.phase !== before.phase) {
    if (seen.phase === "voted" && before.phase !== "start") showReveal(); // from "start", it is an old battle that was opened again
    if (seen.phase === "start") rescueFocus(query("#prompt textarea")); // New battle: the next thing to do is to ask
  }
  awaitNews();
}

document.addEventListener("stagechange", onStageChange);

// --- a vote on its way ------------------------------------------------------------------------------------------------

let isVoting = false;
let postponed = null; // the button that begins another battle, pressed too early

// Until a vote is answered, no new battle begins and no prompt can be typed. Otherwise the answer would show the old
// battle in place of the new one, and remove the field in which the voter is typing.
function beginVote() {
  isVoting = true;
  query("#composer").inert = true;
  const notice = query("#notice");
  const observer = new MutationObserver(() => {
    if (notice.querySelector(".saving")) return;
    observer.disconnect();
    endVote();
  });
  observer.observe(notice, { childList: true, characterData: true, subtree: true });
}

function endVote() {
  const button = postponed;
  postponed = null;
  isVoting = false;
  query("#composer").inert = false;
  if (look().phase === "voted") button?.click(); // otherwise the notice says why the voter is still here
}

function postpone(event, button) {
  event.stopImmediatePropagation();
  if (button.id === "new") postponed = button; // any other button is a second vote, which would not count
}

function onPress(event) {
  const button = event.target.closest?.("#ballot button, #new");
  if (!button) return;
  if (isVoting) postpone(event, button);
  else if (button.id !== "new") beginVote();
}

document.addEventListener("click", onPress, { capture: true }); // before Gradio hears of it

// --- consent ----------------------------------------------------------------------------------------------------------

// The panel appears in place of the prompt, and goes when the voter has chosen.
function onPanelChange() {
  const first = query(".consent input");
  if (first) first.focus();
  else rescueFocus(query("#prompt textarea"));
}

document.addEventListener("panelchange", onPanelChange);

document.addEventListener("keydown", ({ key, target }) => {
  if (!target.closest?.("#consent")) return;
  if (key === "Escape") query("#later").click();
  if (key === "Enter" && target.matches("input")) query("#agree").click();
});

// --- the prompt -------------------------------------------------------------------------------------------------------

// A suggestion goes into the prompt's field, to be sent or changed.
document.addEventListener("click", ({ target }) => {
  const chip = target.closest?.("#suggestions button");
  const prompt = chip && query("#prompt textarea");
  if (!prompt) return;
  prompt.value = chip.textContent;
  prompt.dispatchEvent(new Event("input", { bubbles: true })); // so that Gradio notices
  prompt.focus();
});

// The browser cuts a prompt at its longest length without a word, so this tells the voter.
document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("#prompt textarea")) return;
  const isFull = target.value.length >= target.maxLength && target.maxLength > 0;
  const limit = target.maxLength.toLocaleString(document.documentElement.lang || "en");
  target.setCustomValidity(isFull ? words.prompt_is_full.replace("{limit}", limit) : "");
  target.reportValidity();
});

// --- a proof of work ---------------------------------------------------------------------------------------------------

// Where very many questions come from one network, a new voter's browser computes for a moment before a battle begins.
// The prompt stays in its field meanwhile.
let begun = ""; // the last challenge
let isProved = false;

function onNotice() {
  const puzzle = query("#notice .puzzle");
  if (puzzle && puzzle.dataset.challenge !== begun) solvePuzzle(puzzle.dataset.challenge);
  const wasProved = isProved;
  isProved = query("#notice .proved") !== null;
  if (isProved && !wasProved) query("#send")?.click();
}

function solvePuzzle(text) {
  begun = text;
  const challenge = JSON.parse(text);
  const solver = new Worker(query("meta[name=arena-proof]").content);
  solver.onmessage = ({ data }) => {
    solver.terminate();
    const { algorithm, challenge: hash, salt, signature } = challenge;
    sendProof(btoa(JSON.stringify({ algorithm, challenge: hash, number: data.number, salt, signature })));
  };
  solver.postMessage(challenge);
}

function sendProof(solution) {
  const field = query("#proof :is(textarea, input)");
  field.value = solution;
  field.dispatchEvent(new Event("input", { bubbles: true })); // so that Gradio notices
  field.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true })); // and sends it
}

// The notice is not there yet when this script runs.
new MutationObserver((changes) => {
  if (changes.some(({ target }) => target.parentElement?.closest("#notice"))) onNotice();
}).observe(document.body, { childList: true, characterData: true, subtree: true });

// --- a lost connection ------------------------------------------------------------------------------------------------

const QUIET_MS = 5000; // while replies are written, the server sends something every second
const RETRY_MS = 1000;

let alarm = null; // goes off once, unless news arrives before

function awaitNews() {
  clearTimeout(alarm);
  tellOfLoss(false);
  const isExpected = seen.phase === "running" && !document.hidden;
  alarm = isExpected ? setTimeout(reconnect, QUIET_MS) : null;
}

async function reconnect() {
  tellOfLoss(true);
  const rung = alarm;
  const answer = await fetch("healthz", { cache: "no-store" }).catch(() => null);
  if (alarm !== rung) return; // news arrived meanwhile
  if (answer?.ok) location.reload(); // the address holds the battle, the tab holds the unsent prompt
  else alarm = setTimeout(reconnect, RETRY_MS);
}

function tellOfLoss(isLost) {
  let notice = document.getElementById("lost");
  if (!isLost || notice) return isLost || notice?.remove();
  notice = document.createElement("p");
  notice.id = "lost";
  notice.setAttribute("role", "alert");
  notice.textContent = words.connection_lost;
  document.body.append(notice);
}

document.addEventListener("visibilitychange", awaitNews);
onStageChange(); // the stage may be older than this script
