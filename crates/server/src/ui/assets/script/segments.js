
// How many people are in each segment of the list, asked one after another; without a script a link leads to each count.
(async () => {
  for (const link of document.querySelectorAll("[data-count]")) {
    const answer = await fetch(link.dataset.count, { credentials: "same-origin" }).catch(() => null);
    if (answer && answer.ok) link.textContent = await answer.text();
  }
})();

// Who is in a large segment comes after the page; without a script a link leads there.
(async () => {
  const link = document.querySelector("a[data-whole]");
  if (!link) return;
  const answer = await fetch(link.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const name of [".segment-count", "#people", "#late"]) {
    const [news, old] = [page.querySelector(name), document.querySelector(name)];
    if (news && old) old.replaceWith(news);
  }
})();

// A segment is counted anew shortly after something was chosen.
(() => {
  const form = document.querySelector("form.segment");
  if (!form) return;
  let waiting;
  form.addEventListener("change", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const body = new URLSearchParams(new FormData(form));
      body.set("act", "count");
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" }).catch(() => null);
      if (!answer) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const news = page.querySelector(".segment-count");
      if (news) form.querySelector(".segment-count").replaceWith(news);
    }, 400);
  });
})();
