import { svgElement } from '../elements.js';

/** A bar for each number from left to right, all to one scale, with a line at zero. */
export function barChart(values: Float32Array, label: string): SVGSVGElement {
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  const lowest = values.reduce((least, value) => Math.min(least, value), 0);
  const height = highest - lowest || 1;
  const bars = [...values].map((value, at) => `M${at + 0.1} 0V${-value}H${at + 0.9}V0Z`);
  return svgElement(
    'svg',
    {
      class: 'bar-chart',
      role: 'img',
      'aria-label': label,
      viewBox: `0 ${-highest} ${values.length} ${height}`,
      preserveAspectRatio: 'none',
    },
    svgElement('path', { d: bars.join('') }),
    svgElement('path', { class: 'zero', d: `M0 0H${values.length}` }),
  );
}
