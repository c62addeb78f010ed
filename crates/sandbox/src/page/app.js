// Keeps the page live. Without it every form still works, and "Refresh" shows what is new.
"use strict";

const notice = document.getElementById("notice");

function tell(text, address) {
  notice.textContent = text || "";
  notice.hidden = !text;
  notice.classList.toggle("calm", Boolean(address));
  if (address) {
    const link = document.createElement("a");
    Object.assign(link, { href: address, target: "_blank", rel: "noopener", textContent: address });
    notice.append(" ", link);
  }
}

function toEnd(root) {
  root.querySelectorAll(".talk").forEach((talk) => { talk.scrollTop = talk.scrollHeight; });
}

async function reload(target, address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (answer.status === 403) { location.reload(); return; }
  if (!answer.ok) { return; }
  const open = new Set(Array.from(target.querySelectorAll("details[open]"), (part) => part.id));
  const focused = target.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  target.innerHTML = await answer.text();
  open.forEach((id) => { const part = document.getElementById(id); if (part) { part.open = true; } });
  if (focused) {
    const again = Array.from(target.querySelectorAll("[aria-label]")).find((part) => part.getAttribute("aria-label") === focused);
    if (again) { again.focus(); }
  }
  toEnd(target);
}

// One reload at a time for each part; news that arrive meanwhile cause one more.
const busy = new Map();
function refresh(id, address) {
  const target = document.getElementById(id);
  if (!target) { location.reload(); return; }
  if (busy.has(id)) { busy.set(id, true); return; }
  busy.set(id, false);
  reload(target, address).catch(() => {}).finally(() => {
    const again = busy.get(id);
    busy.delete(id);
    if (again) { refresh(id, address); }
  });
}

const chat = (id) => refresh("chat-" + id, "/phones/chat/" + encodeURIComponent(id));
const panel = () => refresh("attempts", "/phones/panel");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("live" in form.dataset)) { return; }
  event.preventDefault();
  const fields = new FormData(form, event.submitter);
  const data = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
  const clears = "clear" in form.dataset || data.get("what") === "text";
  // What was written or chosen since the form was sent stays.
  const sent = Array.from(form.querySelectorAll("input:not([type=hidden])"), (input) => [input, input.value]);
  const popover = form.closest("[popover]");
  if (popover && popover.hidePopover) { popover.hidePopover(); }
  fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } })
    .then(async (answer) => {
      if (answer.ok) {
        if (answer.status === 204) { tell(""); } else { tell("The code opens a page:", (await answer.json()).opened); }
        if (clears) { sent.forEach(([input, value]) => { if (input.value === value) { input.value = ""; } }); }
      } else {
        tell((await answer.json()).error);
      }
    })
    .catch(() => tell("The sandbox does not answer. Is it still running?"));
});

// Enter in the business's text sends the text, not the first button's offer.
document.querySelectorAll("[data-enter]").forEach((input) => {
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") { return; }
    event.preventDefault();
    input.form.querySelector(`button[value="${input.dataset.enter}"]`).click();
  });
});

const live = document.getElementById("live");
const events = new EventSource("/phones/events");
let opened = false;
function all() {
  panel();
  document.querySelectorAll("[data-customer]").forEach((part) => chat(part.dataset.customer));
}
events.addEventListener("open", () => {
  live.hidden = false;
  if (opened) { all(); }
  opened = true;
});
events.addEventListener("error", () => { live.hidden = true; });
events.addEventListener("chat", (event) => chat(event.data));
events.addEventListener("panel", panel);
events.addEventListener("all", all);
toEnd(document);
