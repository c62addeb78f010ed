// The inbox: news without a reload, the window counted down, quick replies put where the cursor is.
(() => {
  const inbox = document.querySelector("[data-inbox]");
  if (!inbox) return;
  const chat = inbox.querySelector(".inbox-chat");
  const toEnd = () => { if (chat) chat.scrollTop = chat.scrollHeight; };
  toEnd();

  const count = () => {
    for (const place of inbox.querySelectorAll("[data-until]")) {
      const left = Math.floor((Date.parse(place.dataset.until) - Date.now()) / 60000);
      if (left < 0) {
        place.textContent = place.dataset.over;
        continue;
      }
      place.textContent = place.dataset.left.replace("%h", Math.floor(left / 60)).replace("%m", left % 60);
    }
  };
  count();
  setInterval(count, 60000);

  for (const link of inbox.querySelectorAll("[data-text]")) {
    link.addEventListener("click", (event) => {
      const field = document.getElementById("text");
      if (!field) return;
      event.preventDefault();
      field.setRangeText(link.dataset.text, field.selectionStart, field.selectionEnd, "end");
      link.closest("details").open = false;
      field.focus();
    });
  }

  // The token of the form sends once in any case; a second press would only wait for nothing.
  for (const form of inbox.querySelectorAll("[data-once]")) {
    form.addEventListener("submit", () => setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; }));
  }

  const PAUSE_MS = 1500;
  let waiting = false, again = false;
  const refresh = async () => {
    if (waiting) { again = true; return; }
    waiting = true;
    try {
      const answer = await fetch(location.href.split("#")[0], { credentials: "same-origin" });
      // A refusal, or the page for signing in: whoever sits here sees it with the next click.
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
        // Whoever types into a part keeps it as it is.
        const typing = part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
        if (!fresh || typing || fresh.innerHTML === part.innerHTML) continue;
        const atEnd = part.scrollHeight - part.scrollTop - part.clientHeight < 80;
        part.replaceChildren(...fresh.childNodes);
        if (part === chat && atEnd) toEnd();
      }
      count();
    } catch { /* The next news asks again. */ } finally {
      setTimeout(() => { waiting = false; if (again) { again = false; refresh(); } }, PAUSE_MS);
    }
  };
  const news = new EventSource(inbox.dataset.inbox);
  news.addEventListener("changed", refresh);
  news.addEventListener("reload", refresh);
  let broken = false;
  news.addEventListener("error", () => { broken = true; });
  news.addEventListener("hello", () => { if (broken) refresh(); broken = false; });
})();
