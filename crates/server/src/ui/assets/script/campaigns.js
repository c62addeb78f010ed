
// A campaign that runs is looked at again every two seconds; without a script a link does it.
(() => {
  const look = async () => {
    const link = document.querySelector("a[data-poll]");
    const answer = document.hidden || !link ? null : await fetch(link.href, { credentials: "same-origin" }).catch(() => null);
    if (answer && answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [news, old] = [page, document].map((one) => one.querySelector("#progress"));
      // What can be done now is another thing than before: the whole page comes again.
      if (!news || news.dataset.state !== old.dataset.state) return location.assign(location.pathname);
      if (!old.contains(document.activeElement)) old.replaceWith(news);
    }
    setTimeout(look, 2000);
  };
  if (document.querySelector("#progress[data-state=running]")) setTimeout(look, 2000);
})();

// Whoever fills in a tag, numbers, a file or a segment means it: it is chosen with that. Without a script the server asks.
(() => {
  const follow = (event) => {
    const row = event.target.closest(".campaign-form .audience > div");
    const radio = row && row.querySelector("input[type=radio]");
    if (radio && event.target !== radio && event.target.value) radio.checked = true;
  };
  for (const what of ["input", "change"]) document.addEventListener(what, follow);
})();
