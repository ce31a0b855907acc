// The texts of a page that are visible and whose contrast is below WCAG 2.2 AA (1.4.3): 4.5, or 3 for large ones.
() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const known = new Map();
  function rgba(text) {
    if (!known.has(text)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = "rgba(0,0,0,0)";
      context.fillStyle = text;
      context.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  }
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat([1]);
  function luminance(color) {
    const [r, g, b] = color.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function behind(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") { return null; }
      const color = rgba(style.backgroundColor);
      if (color[3] > 0) { layers.push(color); }
      if (color[3] === 1) { break; }
    }
    const root = rgba(getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "#121212" : "#fff");
    return layers.reverse().reduce((below, top) => over(top, below), root);
  }
  function drawnBehind(element) {
    const svg = element.ownerSVGElement;
    const box = element.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    let color = behind(svg.parentElement);
    for (const shape of svg.querySelectorAll("rect, ellipse, circle")) {
      if (!(shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) { continue; }
      const at = shape.getBoundingClientRect();
      const style = getComputedStyle(shape);
      if (x < at.left || x > at.right || y < at.top || y > at.bottom || style.fill === "none") { continue; }
      const fill = rgba(style.fill).slice();
      fill[3] *= Number(style.fillOpacity) * Number(style.opacity);
      color = color && over(fill, color);
    }
    return color;
  }
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const done = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || done.has(element) || element.closest("script, style, title, noscript")) { continue; }
    done.add(element);
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) { continue; }
    const style = getComputedStyle(element);
    const drawn = element.ownerSVGElement;
    const below = drawn ? drawnBehind(element) : behind(element);
    if (!below) { continue; }
    const color = over(rgba(drawn ? style.fill : style.color), below);
    const [low, high] = [luminance(color), luminance(below)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5) - 0.005) {
      poor.push(`${ratio.toFixed(2)} ${element.tagName}.${element.getAttribute("class") || ""} ${walker.currentNode.data.trim().slice(0, 40)}`);
    }
  }
  return { poor, texts: done.size };
}
