"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const { states, facts, titles } = data;
  const stage = $("stage"), figure = $("figure"), layer = $("state"), card = $("facts"), query = $("query"), found = $("found");
  const view = { x: 0, y: 0, scale: 1 };  // centre in the figure's units, and pixels per unit
  const pictures = states.map((_, i) => (i ? $("state-" + i).content.firstElementChild : layer).cloneNode(true));
  const shown = new Map();  // id to the element of a layer in the current picture
  let current = 0, pinned = null;

  // --- states -------------------------------------------------------------------------------------
  const extreme = (better) => states.reduce((best, state, i) => better(state.open.length, states[best].open.length) ? i : best, current);

  const show = (number, focus) => {
    current = number;
    const state = states[number];
    layer.replaceChildren(...pictures[number].cloneNode(true).childNodes);
    shown.clear();
    // a block and the frame around it can have one name: the frame is painted first
    const called = (id) => layer.querySelectorAll(`[id="${CSS.escape(id)}"]`);
    for (const [id, name] of Object.entries(state.nodes)) {
      const node = [...called(id)].at(-1);
      if (!node) continue;
      shown.set(id, node);
      node.dataset.name = name;
      node.classList.add("node");
      node.tabIndex = 0;
      const openable = name in state.opens;
      node.classList.toggle("openable", openable);
      node.setAttribute("role", openable ? "button" : "img");
      if (openable) node.setAttribute("aria-expanded", "false");
      node.setAttribute("aria-label", [name, facts[name]?.kind, openable ? "closed block, opens on Enter" : ""].filter(Boolean).join(", "));
    }
    for (const [id, path] of Object.entries(state.frames)) {
      const frame = called(id)[0];
      if (!frame || frame === shown.get(id) || !(path in state.closes)) continue;
      frame.dataset.frame = path;
      frame.classList.add("closable");
    }
    const openNow = Object.keys(state.closes);
    const outer = openNow.filter((path) => !openNow.some((other) => path.startsWith(other + ".")));
    $("open").replaceChildren(...(openNow.length > 6 ? outer : openNow).map((path) => {
      const button = document.createElement("button");
      button.textContent = path + " \u00d7";
      button.title = "Close " + path + (titles[path] ? " (" + titles[path] + ")" : "");
      button.dataset.close = path;
      return button;
    }));
    document.querySelector("[data-do=less]").disabled = extreme((a, b) => a < b) === current;
    document.querySelector("[data-do=more]").disabled = extreme((a, b) => a > b) === current;
    hush();
    fit();
    if (focus && nodeOf(focus)) nodeOf(focus).focus({ preventScroll: true });
  };
  const nodeOf = (name) => { const id = states[current].hosts[name]; return id && shown.get(id); };
  const inside = (path) => Object.keys(states[current].hosts).find((name) => name.startsWith(path + "."));
  /* With the keyboard the focus goes into what was opened and onto what was closed. */
  const open = (path, byKey) => {
    const next = states[current].opens[path];
    if (next === undefined) return;
    const before = states[current].hosts;
    show(next);
    // what a second call of a block holds is not named after it
    const first = inside(path) ?? Object.keys(states[next].hosts).find((name) => !(name in before));
    if (byKey) nodeOf(first)?.focus({ preventScroll: true });
  };
  const close = (path, byKey) => {
    const next = states[current].closes[path];
    if (next !== undefined) show(next, byKey && path);
  };

  // --- moving and zooming -------------------------------------------------------------------------
  const apply = () => {
    const w = stage.clientWidth / view.scale, h = stage.clientHeight / view.scale;
    figure.setAttribute("viewBox", [view.x - w / 2, view.y - h / 2, w, h].map((n) => n.toFixed(3)).join(" "));
  };
  const fit = () => {
    const [x, y, w, h] = states[current].box, margin = 24;
    view.x = x + w / 2; view.y = y + h / 2;
    view.scale = Math.max(.05, Math.min((stage.clientWidth - margin) / w, (stage.clientHeight - margin) / h, 3.5));
    apply();
  };
  const zoom = (factor, px = stage.clientWidth / 2, py = stage.clientHeight / 2) => {
    const scale = Math.min(40, Math.max(.05, view.scale * factor));
    const dx = px - stage.clientWidth / 2, dy = py - stage.clientHeight / 2;
    view.x += dx / view.scale - dx / scale; view.y += dy / view.scale - dy / scale;
    view.scale = scale;
    hush(); apply();
  };
  const move = (dx, dy) => { view.x -= dx / view.scale; view.y -= dy / view.scale; hush(); apply(); };

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = stage.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? .05 : .0016)), event.clientX - at.left, event.clientY - at.top);
  }, { passive: false });
  const fingers = new Map();
  let travelled = 0;
  stage.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    if (!fingers.size) travelled = 0;
    fingers.set(event.pointerId, event);
  });
  addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
    travelled += Math.abs(dx) + Math.abs(dy);
    if (travelled > 4) stage.classList.add("moving");
    if (fingers.size === 1 && travelled > 4) move(dx, dy);
    if (fingers.size === 2) {
      const [other] = [...fingers.values()].filter((f) => f.pointerId !== event.pointerId);
      const apart = (e) => Math.hypot(e.clientX - other.clientX, e.clientY - other.clientY) || 1;
      const at = stage.getBoundingClientRect();
      zoom(apart(event) / apart(before), (event.clientX + other.clientX) / 2 - at.left, (event.clientY + other.clientY) / 2 - at.top);
    }
    fingers.set(event.pointerId, event);
  });
  const lift = (event) => { fingers.delete(event.pointerId); if (!fingers.size) stage.classList.remove("moving"); };
  addEventListener("pointerup", lift);
  addEventListener("pointercancel", lift);
  addEventListener("resize", fit);

  // --- exact facts --------------------------------------------------------------------------------
  const element = (tag, text) => { const made = document.createElement(tag); made.textContent = text; return made; };
  const tell = (node, className = "") => {
    const name = node.dataset.name, known = facts[name];
    halo(node, className);
    if (!known) return;
    const list = document.createElement("dl");
    for (const [label, value] of known.rows) list.append(element("dt", label), element("dd", value));
    const { hosts } = states[current];
    const merged = Object.keys(hosts).filter((other) => hosts[other] === node.id && other !== name);
    if (merged.length) list.append(element("dt", "then"), element("dd", merged.map((other) => other + " \u00b7 " + (facts[other]?.kind ?? "")).join(", ")));
    card.replaceChildren(element("h2", known.kind === name ? name : name + " \u00b7 " + known.kind), list);
    if (node.classList.contains("openable")) card.append(element("p", "Click or Enter opens it."));
    card.hidden = false;
    const at = node.getBoundingClientRect(), home = stage.getBoundingClientRect();
    const below = at.bottom - home.top + 8, fits = below + card.offsetHeight < home.height;
    card.style.left = Math.max(4, Math.min(at.left - home.left, home.width - card.offsetWidth - 4)) + "px";
    card.style.top = Math.max(4, fits ? below : at.top - home.top - card.offsetHeight - 8) + "px";
  };
  const halo = (node, className) => {
    $("halo")?.remove();
    const box = node.getBBox(), ring = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    ring.id = "halo"; ring.setAttribute("class", className); ring.setAttribute("rx", 2);
    for (const [name, value] of [["x", box.x - 1.5], ["y", box.y - 1.5], ["width", box.width + 3], ["height", box.height + 3]]) ring.setAttribute(name, value);
    node.append(ring);  // getBBox speaks of the node's own coordinates
    for (const wire of layer.querySelectorAll("[data-from]")) wire.classList.toggle("linked", [wire.dataset.from, wire.dataset.to].includes(node.id));
  };
  const hush = () => {
    card.hidden = true; $("halo")?.remove(); pinned = null;
    layer.querySelectorAll(".linked").forEach((wire) => wire.classList.remove("linked"));
  };
  const at = (event) => event.target.closest?.("[data-name]");
  stage.addEventListener("pointerover", (event) => { if (at(event) && !fingers.size) { pinned = null; tell(at(event)); } });
  stage.addEventListener("pointerout", (event) => { if (at(event) && !pinned) hush(); });
  stage.addEventListener("focusin", (event) => { if (at(event)) tell(at(event)); });
  stage.addEventListener("focusout", hush);

  stage.addEventListener("click", (event) => {
    if (travelled > 4) return;
    const node = at(event), frame = event.target.closest?.("[data-frame]");
    if (node?.classList.contains("openable")) open(node.dataset.name);
    else if (node) { node.focus({ preventScroll: true }); tell(node); pinned = node; }
    else if (frame) close(frame.dataset.frame);
    else hush();
  });

  // --- search -------------------------------------------------------------------------------------
  const reveal = (name) => {
    if (!nodeOf(name)) {
      let best;
      states.forEach((state, i) => { if (name in state.hosts && (best === undefined || state.open.length < states[best].open.length)) best = i; });
      if (best === undefined) return;
      show(best);
    }
    const node = nodeOf(name), box = node.getBoundingClientRect(), home = stage.getBoundingClientRect();
    view.x += (box.left + box.width / 2 - home.left - home.width / 2) / view.scale;
    view.y += (box.top + box.height / 2 - home.top - home.height / 2) / view.scale;
    view.scale = Math.max(view.scale, 1.6);
    apply();
    node.focus({ preventScroll: true });
    tell(node, "found");
    pinned = node;
  };
  const names = Object.keys(facts).filter((name) => states.some((state) => name in state.hosts));
  const options = () => [...found.children];
  const choose = (option) => {
    options().forEach((each) => each.setAttribute("aria-selected", each === option));
    option?.scrollIntoView({ block: "nearest" });
    if (option) query.setAttribute("aria-activedescendant", option.id);
  };
  const list = () => {
    const words = query.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const hit = (name) => words.every((word) => (name + " " + facts[name].kind).toLowerCase().includes(word));
    const named = (name) => words.every((word) => name.toLowerCase().includes(word));
    const hits = words.length ? names.filter(hit).sort((a, b) => named(b) - named(a)) : [];
    found.replaceChildren(...hits.slice(0, 40).map((name, i) => {
      const item = element("li", name + " ");
      item.append(element("span", facts[name].kind));
      item.id = "hit-" + i; item.dataset.hit = name; item.setAttribute("role", "option");
      return item;
    }));
    if (words.length && !hits.length) found.append(element("li", "nothing found"));
    found.hidden = !words.length;
    query.setAttribute("aria-expanded", String(!found.hidden));
    choose(hits.length ? found.firstElementChild : null);
  };
  const take = (option) => { if (option?.dataset.hit) { found.hidden = true; query.setAttribute("aria-expanded", "false"); reveal(option.dataset.hit); } };
  query.addEventListener("input", list);
  query.addEventListener("focus", list);
  query.addEventListener("blur", () => { found.hidden = true; query.setAttribute("aria-expanded", "false"); });
  found.addEventListener("pointerdown", (event) => { event.preventDefault(); take(event.target.closest("li")); });
  query.addEventListener("keydown", (event) => {
    const now = options().findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose(options()[Math.min(now + 1, options().length - 1)]);
    else if (event.key === "ArrowUp") choose(options()[Math.max(now - 1, 0)]);
    else if (event.key === "Enter") take(options()[now]);
    else if (event.key === "Escape") { query.value = ""; found.hidden = true; query.blur(); }
    else return;
    event.preventDefault();
  });

  // --- buttons and keys ---------------------------------------------------------------------------
  const dark = () => document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const commands = {
    in: () => zoom(1.3), out: () => zoom(1 / 1.3), fit,
    less: () => show(extreme((a, b) => a < b)), more: () => show(extreme((a, b) => a > b)),
    theme: () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; },
  };
  document.querySelector("header").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.close !== undefined) close(button.dataset.close);
    else if (button) commands[button.dataset.do]?.();
  });
  const keys = {
    "+": commands.in, "=": commands.in, "-": commands.out, "0": fit, "/": () => query.focus(),
    ArrowLeft: () => move(60, 0), ArrowRight: () => move(-60, 0), ArrowUp: () => move(0, 60), ArrowDown: () => move(0, -60),
    Escape: () => { const path = Object.keys(states[current].closes).at(-1); if (!card.hidden) hush(); else if (path) close(path, true); },
  };
  addEventListener("keydown", (event) => {
    if (event.target === query || event.ctrlKey || event.metaKey || event.altKey) return;
    const node = document.activeElement?.dataset?.name;
    if ((event.key === "Enter" || event.key === " ") && node) { open(node, true); event.preventDefault(); return; }
    if (keys[event.key]) { keys[event.key](); event.preventDefault(); }
  });
  show(0);
})();
