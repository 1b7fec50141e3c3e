// What the page needs beside Gradio: it comes back by itself after a lost connection, and leads to the reveal.

const QUIET_SECONDS = 5; // the server sends something every second while replies are written

const CALM = matchMedia("(prefers-reduced-motion: reduce)").matches;

let lastBeat = "";
let lastPhase = "";
let quietFor = 0;

function lost(isLost) {
  let notice = document.getElementById("lost");
  if (isLost && !notice) {
    notice = document.createElement("p");
    notice.id = "lost";
    notice.setAttribute("role", "alert");
    notice.textContent = "The connection is lost. Reconnecting…";
    document.body.append(notice);
  } else if (!isLost && notice) {
    notice.remove();
  }
}

async function reconnect() {
  lost(true);
  try {
    const answer = await fetch("/healthz", { cache: "no-store" });
    if (answer.ok) location.reload(); // the address holds the battle, the tab holds the unsent prompt
  } catch {
    // Still away: the next second asks again.
  }
}

function look() {
  const { phase, beat } = document.querySelector("#stage .battle")?.dataset ?? {};
  if (phase === "voted" && lastPhase && lastPhase !== "voted") {
    // The button that had the focus is gone.
    document.querySelector(".reveal h2")?.focus({ preventScroll: true });
    document.querySelector(".reveal")?.scrollIntoView({ block: "nearest", behavior: CALM ? "auto" : "smooth" });
  }
  if (phase === "start" && lastPhase && lastPhase !== "start") {
    document.querySelector("#prompt textarea")?.focus(); // New battle: the next thing to do is to ask
  }
  quietFor = phase === "running" && beat === lastBeat && !document.hidden ? quietFor + 1 : 0;
  lastBeat = beat;
  lastPhase = phase;
  if (quietFor >= QUIET_SECONDS) reconnect();
  else lost(false);
}

setInterval(look, 1000);
