// What of a page's text cannot be seen: elements of the article that are wider than the box they stand in, or clipped by it.
// Folded details are opened first; what only opens on hover, and what is there for screen readers alone, is not on the page.
() => {
  document.querySelectorAll("details").forEach(e => { e.open = true; });
  const article = document.querySelector("article.bd-article") || document.querySelector("main") || document.body;
  const edge = article.getBoundingClientRect();
  const found = [];
  const name = e => e.tagName.toLowerCase() + "." + (e.getAttribute("class") || "") + " " + e.textContent.trim().slice(0, 50);
  for (const e of article.querySelectorAll("*")) {
    if (e.closest("figure, svg, .rkedoc-read > span, thead, .headerlink, .rkedoc-bracket, script, style, .visually-hidden")) { continue; }
    const style = getComputedStyle(e);
    if (style.display === "none" || style.visibility === "hidden" || style.position === "fixed") { continue; }
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) { continue; }
    if (box.right > edge.right + 1 || box.left < edge.left - 1) { found.push("out: " + name(e)); continue; }
    // The box that is asked for its width is narrower than its table on purpose.
    if (!e.matches(".rkedoc-rows") && e.scrollWidth > e.clientWidth + 1 && e.clientWidth && style.display !== "inline" && !e.querySelector("figure")) { found.push("clipped: " + name(e)); continue; }
    const cell = e.closest("td, th, dd, dt, pre");
    if (cell && cell !== e) {
      const around = cell.getBoundingClientRect();
      if (box.right > around.right + 1) { found.push("over: " + name(e)); }
    }
  }
  return found.slice(0, 6);
}
