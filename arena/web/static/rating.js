// What a script adds to a rater's page: keys, the time that was spent, and one form at a time.

const form = document.getElementById("ballot-form");

// --- how long the page was looked at: time in which it was hidden does not count ------------------------------------

let seconds = 0;
let since = document.hidden ? null : performance.now();

function count() {
  const moment = performance.now();
  if (since !== null) seconds += (moment - since) / 1000;
  since = document.hidden ? null : moment;
}

document.addEventListener("visibilitychange", count);

// --- one form at a time: a second press while the first is on its way changes nothing -------------------------------

let sent = false;

form?.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
  count();
  form.elements.seconds.value = seconds.toFixed(1);
});
// Who comes back by the browser's own button finds the page as it was, and may press again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// --- keys: 1 to 4, and the arrows to the left and right --------------------------------------------------------------

const ARROWS = { ArrowLeft: "left", ArrowRight: "right" };

document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("textarea, input, select, .sides");
  if (!form || writing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const chosen = [...form.elements].find(
    (field) => field.dataset.key === event.key || (field.name === "verdict" && field.value === ARROWS[event.key]),
  );
  if (chosen) {
    event.preventDefault();
    form.requestSubmit(chosen);
  }
});
