// What a reader of the page meets, as findings in words; nothing found, nothing wrong. Run in the page by
// test_pages.py: look({smallest: 11, contrast: 4.5, lineContrast: 3}) -> {text: [...], findings: [...]}
(rules) => {
  const findings = [];
  const root = document.documentElement;
  const wide = root.clientWidth;

  const parse = (colour) => {
    const numbers = colour.match(/[\d.]+/g);
    return numbers ? [...numbers.slice(0, 3).map(Number), numbers.length > 3 ? Number(numbers[3]) : 1] : [0, 0, 0, 0];
  };
  const over = (top, below) => {
    const share = top[3];
    return [0, 1, 2].map((i) => top[i] * share + below[i] * (1 - share)).concat(1);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const opacity = (element) => {
    let all = 1;
    for (let at = element; at; at = at.parentElement) all *= Number(getComputedStyle(at).opacity);
    return all;
  };
  const canvas = matchMedia('print').matches || !matchMedia('(prefers-color-scheme: dark)').matches
    ? [255, 255, 255, 1] : [18, 18, 18, 1];
  // What lies below the middle of a box, from the bottom up: backgrounds of HTML, filled shapes of SVG.
  const ground = (element, x, y) => {
    scrollTo(0, y - innerHeight / 2);
    const layers = [];
    const stack = document.elementsFromPoint(x - scrollX, y - scrollY);
    const from = stack.indexOf(element);
    for (const below of from < 0 ? [element] : stack.slice(from)) {
      const style = getComputedStyle(below);
      if (below instanceof SVGGeometryElement) {
        if (below !== element && style.fill !== 'none') {
          const fill = parse(style.fill);
          layers.push([...fill.slice(0, 3), fill[3] * Number(style.fillOpacity) * opacity(below)]);
        }
      } else if (!(below instanceof SVGElement) || below.tagName === 'svg') {
        layers.push(parse(style.backgroundColor));
      }
    }
    return layers.reverse().reduce((sum, layer) => over(layer, sum), canvas);
  };
  // On a screen one can scroll a box, on paper not.
  const scrolls = (element) => {
    if (matchMedia('print').matches) return false;
    for (let at = element; at && at !== document.body; at = at.parentElement)
      if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  const name = (element) => {
    const kind = element.getAttribute('class');
    return element.tagName.toLowerCase() + (kind ? '.' + kind.replace(/ /g, '.') : '');
  };
  const short = (text) => JSON.stringify(text.length > 40 ? text.slice(0, 40) + '…' : text);

  // --- every piece of text
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim();
    const element = node.parentElement;
    if (!text || /^(SCRIPT|STYLE|TITLE|DESC)$/i.test(element.tagName) || !element.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0 && box.height > 0)
      .map((box) => ({left: box.left + scrollX, right: box.right + scrollX, top: box.top + scrollY, bottom: box.bottom + scrollY}));
    if (boxes.length) texts.push({text, element, boxes});
  }
  if (texts.length === 0) findings.push('there is no text');

  for (const {text, element, boxes} of texts) {
    const style = getComputedStyle(element);
    const drawn = element instanceof SVGElement ? Math.abs(element.getScreenCTM().d) : 1;
    const size = parseFloat(style.fontSize) * drawn;
    if (size < rules.smallest - 0.01) findings.push(`${name(element)} ${short(text)} is ${size.toFixed(1)} px high`);
    const bounds = scrolls(element) ? null : wide;
    for (const box of boxes)
      if (box.left < -0.5 || (bounds !== null && box.right > bounds + 0.5)) {
        findings.push(`${name(element)} ${short(text)} leaves the page: ${box.left.toFixed(0)} to ${box.right.toFixed(0)} of ${wide}`);
        break;
      }
    // Clipped by a box around it, or, in a drawing, by its edge.
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const outer = getComputedStyle(at);
      const clips = outer.overflowX !== 'visible' && (at instanceof HTMLElement || at.tagName === 'svg');
      if (!clips || scrolls(at)) continue;
      const edge = at.getBoundingClientRect();
      const [left, right, top, bottom] = [edge.left + scrollX, edge.right + scrollX, edge.top + scrollY, edge.bottom + scrollY];
      const cut = boxes.find((box) => box.left < left - 1 || box.right > right + 1 || box.top < top - 3 || box.bottom > bottom + 3);
      if (cut) findings.push(`${name(element)} ${short(text)} is clipped by ${name(at)}`);
    }
    const box = boxes[0];
    const behind = ground(element, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
    const ink = parse(element instanceof SVGElement ? style.fill : style.color);
    const seen = over([...ink.slice(0, 3), ink[3] * opacity(element)], behind);
    const ratio = contrast(seen, behind);
    if (ratio < rules.contrast) findings.push(`${name(element)} ${short(text)} has a contrast of ${ratio.toFixed(2)}`);
  }
  scrollTo(0, 0);

  // --- no two pieces of text on top of each other
  const all = texts.flatMap((one) => one.boxes.map((box) => ({...one, box})));
  all.sort((a, b) => a.box.top - b.box.top);
  all.forEach((one, i) => {
    for (let j = i + 1; j < all.length && all[j].box.top < one.box.bottom; ++j) {
      const other = all[j];
      if (other.element === one.element) continue;
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      // Line boxes may touch; letters may not.
      const least = Math.min(one.box.bottom - one.box.top, other.box.bottom - other.box.top);
      if (across > 1 && down > 0.4 * least) findings.push(`${short(one.text)} lies over ${short(other.text)}`);
    }
  });

  // --- lines of drawings
  for (const line of document.querySelectorAll('svg .line, svg .limit')) {
    const paper = over(parse(getComputedStyle(line.ownerSVGElement).backgroundColor), ground(line.ownerSVGElement.parentElement, 0, -1));
    const ratio = contrast(parse(getComputedStyle(line).stroke), paper);
    if (ratio < rules.lineContrast) findings.push(`${name(line)} has a contrast of ${ratio.toFixed(2)}`);
  }

  if (root.scrollWidth > wide) findings.push(`the page is ${root.scrollWidth} px wide on a screen of ${wide}`);
  const charts = [...document.querySelectorAll('figure')].map((figure) => {
    const svg = figure.querySelector('svg');
    const box = svg && svg.getBoundingClientRect();
    return {
      title: figure.querySelector('figcaption b') ? figure.querySelector('figcaption b').textContent : '',
      lines: [...figure.querySelectorAll('svg path.line')].map((path) => path.getTotalLength()),
      points: [...figure.querySelectorAll('svg path.line')].map((path) => (path.getAttribute('d').match(/[ML]/g) || []).length),
      limit: figure.querySelectorAll('svg path.limit').length,
      width: box ? box.width : 0,
      height: box ? box.height : 0,
    };
  });
  return {findings, text: document.body.innerText, charts};
}
