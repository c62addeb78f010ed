// Only comfort: every page works without this.

// The zone of the reader's clock, for the times on the next page.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  if (zone) document.cookie = `consentry-zone=${encodeURIComponent(zone)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
})();

// A dialog that the server opened keeps the keyboard inside and closes with Escape, which leads to the page behind it.
(() => {
  const dialog = document.querySelector("dialog[open].dialog");
  if (!dialog) return;
  dialog.close();
  dialog.showModal();
  const back = dialog.querySelector("[data-close]");
  dialog.addEventListener("cancel", (event) => {
    if (!back) return;
    event.preventDefault();
    back.click();
  });
})();

// A text that is there to be copied is selected as a whole.
for (const input of document.querySelectorAll("input.copied")) input.addEventListener("focus", () => input.select());

// Where tabs are more than the screen has room for, the one that is open is in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What is under way is looked at again by itself.
for (const link of document.querySelectorAll("[data-refresh]")) setTimeout(() => location.assign(link.href), Number(link.dataset.refresh) * 1000);

// Languages by their names, as the reader's own language calls them.
(() => {
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "language" });
  for (const one of document.querySelectorAll("[data-language]")) one.textContent = names.of(one.dataset.language);
})();
