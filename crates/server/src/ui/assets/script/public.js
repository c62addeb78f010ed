// Only comfort: every page works without this. The save button waits until something was changed, and says so.
(() => {
  const form = document.querySelector("form.choices");
  const bar = form && form.querySelector(".save");
  if (!bar) return;
  const switches = [...form.querySelectorAll('input[type="checkbox"]')];
  const look = () => bar.classList.toggle("waiting", switches.every((one) => one.checked === one.defaultChecked));
  form.addEventListener("change", look);
  // A browser that goes back may bring the switches of before along.
  window.addEventListener("pageshow", look);
  look();
})();

// A button that prints is of use only where there is a script.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
