// What is amiss with the pictures of a page, and how many drawings it shows.
() => {
  const amiss = [];
  let shown = 0;
  const inside = (a, b, slack) => a.left >= b.left - slack && a.right <= b.right + slack && a.top >= b.top - slack && a.bottom <= b.bottom + slack;
  const meets = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  for (const figure of document.querySelectorAll("figure.rkedoc-picture")) {
    const say = (what, element) => amiss.push(what + ": " + (element.textContent || "").trim().slice(0, 60));
    const drawings = [...figure.querySelectorAll("svg.rkedoc-svg")].filter(svg => svg.checkVisibility() && !svg.closest("li"));
    if (drawings.length === 0) { say("no drawing", figure); }
    shown += drawings.length;
    const kinds = new Set(drawings.map(svg => svg.classList.contains("rkedoc-wide") ? "wide" : svg.classList.contains("rkedoc-narrow") ? "narrow" : "tile"));
    if (kinds.size !== 1) { say("two drawings of one picture", figure); }
    for (const words of figure.querySelectorAll("figcaption, .rkedoc-legend li")) {
      if (parseFloat(getComputedStyle(words).fontSize) < 12) { say("small words", words); }
      if (words.scrollWidth > words.clientWidth + 1) { say("words outside", words); }
    }
    for (const svg of drawings) {
      const frame = svg.getBoundingClientRect();
      if (frame.left < -1 || frame.right > document.documentElement.clientWidth + 1) { say("outside of the screen", svg); }
      for (let at = svg.parentElement; at; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== "visible" && at !== document.documentElement && !inside(frame, at.getBoundingClientRect(), 1)) {
          const box = at.getBoundingClientRect();
          if (frame.left < box.left - 1 || frame.right > box.right + 1) { say("cut by " + at.className, svg); }
        }
      }
      const scale = frame.width / svg.width.baseVal.value;
      const texts = [...svg.querySelectorAll("text")];
      const places = texts.map(text => text.getBoundingClientRect());
      texts.forEach((text, index) => {
        if (parseFloat(getComputedStyle(text).fontSize) * scale < 11.99) { say("small text", text); }
        if (!inside(places[index], frame, 1)) { say("text outside of its drawing", text); }
        const node = text.parentElement.querySelector(":scope > rect.rk-node");
        if (node && !inside(places[index], node.getBoundingClientRect(), 1)) { say("text outside of its box", text); }
        for (let other = index + 1; other < texts.length; other++) {
          if (meets(places[index], places[other])) { say("text over text", text); }
        }
        for (const mark of svg.querySelectorAll(".rk-mark, .rk-alarm")) {
          if (meets(places[index], mark.getBoundingClientRect())) { say("text over a mark", text); }
        }
      });
    }
  }
  return { amiss, shown };
}
