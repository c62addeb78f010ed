
// How many people are in each segment of the list, asked one after another; without a script a link leads to each count.
(async () => {
  for (const link of document.querySelectorAll("[data-count]")) {
    const answer = await fetch(link.dataset.count, { credentials: "same-origin" }).catch(() => null);
    if (answer && answer.ok) link.textContent = await answer.text();
  }
})();

// A segment is counted anew shortly after something was chosen.
(() => {
  const form = document.querySelector("form.segment");
  const shown = form && form.querySelector(".segment-count strong");
  if (!shown) return;
  let waiting;
  form.addEventListener("change", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const body = new URLSearchParams(new FormData(form));
      body.set("act", "count");
      const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" }).catch(() => null);
      if (!answer) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const news = page.querySelector(".segment-count strong");
      // A condition that is not finished cannot be counted yet.
      shown.textContent = (news && news.textContent) || "…";
    }, 400);
  });
})();
