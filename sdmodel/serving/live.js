/* The page of a model that is being edited: a new page is loaded behind the old one, set as that
   one was, and takes its place; what is wrong is told above it, and the old page stays. */
"use strict";

const by = (id) => document.getElementById(id);
let shown = null; // the frame that is read
let coming = null; // the one that is loading
let wanted = 0; // the number of the page that should be shown
let loaded = 0; // and of the one that is
let ghost = null; // the last run that was different

function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

function fill(list, texts) {
  list.replaceChildren(...texts.map((text) => {
    const line = document.createElement("pre");
    line.textContent = text;
    return line;
  }));
}

/* An error: what is wrong may be wrapped, the line of the file with its caret must not be. */
function told(error) {
  const [what, ...rest] = error.text.split("\n");
  const parts = [["p", what], ["pre", rest.join("\n")]].filter(([, text]) => text);
  return parts.map(([kind, text]) => {
    const part = document.createElement(kind);
    part.textContent = text;
    return part;
  });
}

function fold(id, title, texts) {
  const part = by(id);
  part.hidden = texts.length === 0;
  part.querySelector("summary").textContent = title;
  fill(part.querySelector(".list"), texts);
}

function tellState(text, kind) {
  by("state").textContent = text;
  by("state").className = kind;
}

function tell(news) {
  const broken = news.errors.length > 0;
  by("errors").hidden = !broken;
  if (broken) {
    by("errors").querySelector("h1").textContent =
      `The saved model has ${counted(news.errors.length, "error")}`;
    by("stays").textContent = news.page
      ? "Below is the last version that runs; it can be used meanwhile."
      : "The page comes as soon as the model runs.";
  }
  by("errors").querySelector(".list").replaceChildren(...news.errors.flatMap(told));
  tellState(
    broken ? `${news.at}  not running` : `${news.at}  live, made in ${news.seconds.toFixed(2)} s`,
    broken ? "bad" : "good",
  );
  const first = news.changes[0] || "";
  const more = news.changes.length > 1 ? ` and ${news.changes.length - 1} more` : "";
  fold("changes", `Changed: ${first}${more}`, broken ? [] : [...news.changes, ...news.moved]);
  if (!first) by("changes").hidden = true;
  if (news.checked || broken) {
    const found = broken ? [] : news.findings;
    fold("findings", `${counted(found.length, "finding")} of the checks`, found.map((one) => one.text));
  }
}

function sameRun(one, other) {
  const names = Object.keys(one.values);
  return one.times.length === other.times.length
    && names.length === Object.keys(other.values).length
    && names.every((name) => {
      const [a, b] = [one.values[name], other.values[name]];
      return b !== undefined && a.every((value, at) => Object.is(value, b[at]));
    });
}

/* Set the new page as the old one is now, with the old run behind its lines. */
function takeOver(from, to) {
  const [old, page] = [from.contentWindow, to.contentWindow];
  if (!old.sdmodelPage || !page.sdmodelPage) return;
  const focused = document.activeElement === from && old.document.activeElement;
  const before = old.sdmodelPage.lastRun();
  page.sdmodelPage.restore(old.sdmodelPage.state());
  if (!sameRun(before, page.sdmodelPage.lastRun())) ghost = before;
  if (ghost) page.sdmodelPage.showGhost(ghost);
  page.document.activeElement.blur();
  const same = focused && focused.id && page.document.getElementById(focused.id);
  if (same) same.focus({ preventScroll: true });
  page.scrollTo(old.scrollX, old.scrollY);
}

function load() {
  if (coming || wanted === loaded) return;
  const number = wanted;
  coming = document.createElement("iframe");
  coming.title = "The model's page";
  coming.className = "coming";
  coming.src = `page${location.hash}`;
  coming.addEventListener("load", () => {
    const frame = coming;
    coming = null;
    if (shown) takeOver(shown, frame);
    frame.classList.remove("coming");
    if (shown) shown.remove();
    shown = frame;
    loaded = number;
    document.title = frame.contentDocument.title;
    document.body.dataset.page = String(number);
    load(); // another save may have come meanwhile
  }, { once: true });
  by("frames").append(coming);
}

const events = new EventSource("events");
events.addEventListener("message", (event) => {
  const news = JSON.parse(event.data);
  tell(news);
  wanted = news.page;
  load();
});
events.addEventListener("error", () => {
  tellState("sdmodel serve does not answer: it was stopped, or is starting again", "busy");
});
