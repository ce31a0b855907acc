// Words of a usual length that are broken in the middle, in cells of tables and in headings. Where a dash, a slash or a bracket
// lets a browser break is no middle; the tables of running text may break where a page is narrow, since they have no cards;
// and a table that is marked as crowded has more words beside one another than any page has room for.
() => {
  const found = [];
  const article = document.querySelector("article.bd-article") || document.querySelector("main") || document.body;
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const narrow = article.clientWidth < 720;
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const cell = text.parentElement.closest("td, th, dd, dt, h1, h2, h3");
    if (!cell || cell.closest("svg, .visually-hidden, .rkedoc-crowded") || !text.parentElement.checkVisibility()) { continue; }
    if (narrow && !cell.closest(".rkedoc-rows") || cell.closest("thead") && getComputedStyle(cell.closest("thead")).position === "absolute") { continue; }
    for (const word of text.data.matchAll(/\S+/g)) {
      if (word[0].length > 14 || !/^[\w.:,;()+~@=]{2,}$/.test(word[0])) { continue; }
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].filter((box) => box.width > 0).map((box) => Math.round(box.top))).size > 1) {
        found.push(`broken: ${word[0]} in ${cell.tagName} ${cell.dataset.label || cell.textContent.trim().slice(0, 20)}`);
      }
    }
  }
  return found.slice(0, 6);
}
