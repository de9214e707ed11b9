// Small comforts. Every page works without this file.
(() => {
  "use strict";

  // A part of the page that is fetched again while its work runs: data-refresh="seconds".
  // The answer is the whole page; only the part of the same id is taken from it.
  const refresh = async (part) => {
    const seconds = Math.max(1, Number(part.dataset.refresh) || 0);
    await new Promise((done) => setTimeout(done, seconds * 1000));
    if (!part.isConnected) return;
    if (document.hidden || part.contains(document.activeElement)) return void refresh(part);
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.redirected || answer.status === 401) return location.reload();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      // The work is done and the page has become another.
      if (!fresh) return location.reload();
      part.replaceWith(fresh);
      if (fresh.dataset.refresh) refresh(fresh);
    } catch {
      refresh(part);
    }
  };
  document.querySelectorAll("[data-refresh][id]").forEach(refresh);

  // What a form would find, beside it while it is edited: data-live="id". The form is asked as
  // its button “count” asks; only the part of that id is taken from the answer.
  document.querySelectorAll("form[data-live]").forEach((form) => {
    let asked = 0;
    const look = async (mine) => {
      await new Promise((done) => setTimeout(done, 250));
      if (mine !== asked) return;
      const body = new URLSearchParams(new FormData(form));
      body.set("act", "count");
      try {
        const answer = await fetch(form.action, { method: "POST", body });
        if (!answer.ok || answer.redirected) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(form.dataset.live);
        if (fresh && mine === asked) document.getElementById(form.dataset.live).replaceWith(fresh);
      } catch {}
    };
    form.addEventListener("input", (event) => {
      if (event.target.name !== "name") look(++asked);
    });
    look(++asked);
  });

  // The button of a confirmation opens when the number typed is the number shown.
  document.querySelectorAll("form[data-number]").forEach((form) => {
    const typed = form.querySelector("[name=confirm]");
    const button = form.querySelector("button:not([type=button])");
    if (!typed || !button) return;
    const look = () => {
      button.disabled = typed.value.replace(/\D/g, "") !== form.dataset.number;
    };
    typed.addEventListener("input", look);
    look();
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    // A preview is asked for as often as one likes.
    if (event.submitter?.formTarget) return;
    if (event.target.dataset.sent && event.target.method === "post") return event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // Signs the screen off when nobody has been here for the time the server allows.
  const idle = Number(document.documentElement.dataset.idle) || 0;
  if (idle > 0) {
    let last = Date.now();
    let told = last;
    const here = () => {
      last = Date.now();
      if (last - told < 60000) return;
      // Somebody works on a long page: the server hears of it, at most once a minute.
      told = last;
      fetch("/account/here").catch(() => {});
    };
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, here, { passive: true });
    setInterval(() => {
      if (Date.now() - last > idle * 1000) location.assign("/sign-in?why=idle");
    }, 15000);
  }

  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });
})();
