const svg = 'http://www.w3.org/2000/svg';

/** A bar for each number from left to right, all to one scale, with a line at zero. */
export function barChart(values: Float32Array, label: string): SVGSVGElement {
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  const lowest = values.reduce((least, value) => Math.min(least, value), 0);
  const height = highest - lowest || 1;
  const chart = made('svg', {
    class: 'bar-chart',
    role: 'img',
    'aria-label': label,
    viewBox: `0 ${-highest} ${values.length} ${height}`,
    preserveAspectRatio: 'none',
  });
  const bars = [...values].map((value, at) => `M${at + 0.1} 0V${-value}H${at + 0.9}V0Z`);
  chart.append(
    made('path', { d: bars.join('') }),
    made('path', { class: 'zero', d: `M0 0H${values.length}` }),
  );
  return chart;
}

function made<Name extends 'svg' | 'path'>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
