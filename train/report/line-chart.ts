import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale';
import { area, line } from 'd3-shape';
import { count } from './format.js';
import { type Html, html } from './html.js';
import { thinned } from './thinned.js';

/** A value at a step; `low` and `high` are where it lies with 95 % confidence. */
export interface Point {
  readonly step: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly label: string;
  /** How it is drawn: each has its own colour and dash. */
  readonly look: 'main' | 'second' | 'other' | 'faint';
  /** In the order of the steps. */
  readonly points: readonly Point[];
  /** Whether each point has a dot: for series of few points. */
  readonly dotted?: true;
}

export interface LineChart {
  readonly title: string;
  /** Of the vertical axis; a rate has none. */
  readonly unit?: string;
  /** What the curves come to, in a sentence. */
  readonly summary: string;
  /** `log` becomes linear where a value is not above zero. */
  readonly scale: 'log' | 'linear' | 'linear from zero';
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
}

const width = 480;
const height = 260;
const plot = { left: 60, right: width - 16, top: 26, bottom: height - 40 } as const;

/** Points of one curve; more would not be told apart. */
const pointsDrawn = 400;

/** What was measured at a step, in words, and where that stands. */
export interface Reading {
  readonly step: number;
  /** In units of the drawing, whose width is `drawingSize.width`. */
  readonly x: number;
  readonly text: string;
}

export interface Drawing {
  /** What goes into an `<svg>` of `drawingSize`; its `.cursor` is a hidden upright line. */
  readonly marks: Html;
  /** The series that have points. */
  readonly series: readonly Series[];
  /** In the order of the steps. */
  readonly readings: readonly Reading[];
}

export const drawingSize = { width, height } as const;

/** A chart over the steps of a run, as SVG with its legend; `data-readings` is what hovering shows. */
export function lineChart(chart: LineChart): Html {
  const drawing = draw(chart);
  return html`<figure class="chart">
<h3>${chart.title}</h3>
${drawing === undefined ? html`<p class="none">Nothing measured yet.</p>` : figure(chart, drawing)}
</figure>`;
}

function figure({ title, summary }: LineChart, { marks, series, readings }: Drawing): Html {
  const legend = series.map(({ label, look }) => html`<li class="${look}">${label}</li>`);
  const shown = readings.map(({ x, text }) => [x, text]);
  return html`${series.length === 1 ? undefined : html`<ul class="legend">${legend}</ul>`}
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}: ${summary}" data-readings="${JSON.stringify(shown)}">
${marks}
</svg>
<figcaption data-summary="${summary}">${summary}</figcaption>`;
}

/** The curves of a chart with their axes; undefined where nothing was measured. */
export function draw(chart: LineChart): Drawing | undefined {
  const series = chart.series
    .map((one) => ({ ...one, points: thinned(one.points.filter(isFinitePoint), pointsDrawn, ['value']) }))
    .filter(({ points }) => points.length > 0);
  if (series.length === 0) return undefined;
  const points = series.flatMap((one) => one.points);
  const x = scaleLinear([0, Math.max(...points.map(({ step }) => step))], [plot.left, plot.right]);
  const y = verticalScale(chart.scale, points);
  const marks = html`${axes(chart, x, y)}
${series.map((one) => curve(one, x, y))}
<line class="cursor" y1="${plot.top}" y2="${plot.bottom}" visibility="hidden"/>`;
  return { marks, series, readings: readingsOf(chart, series, x) };
}

type Scale = ScaleContinuousNumeric<number, number>;

function verticalScale(kind: LineChart['scale'], points: readonly Point[]): Scale {
  const values = points.flatMap(({ value, low = value, high = value }) => [low, high]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const range = [plot.bottom, plot.top];
  if (kind === 'log' && least > 0) return scaleLog([least / 1.05, most * 1.05], range);
  const from = kind === 'linear from zero' ? Math.min(0, least) : least;
  // A curve without height stands in the middle.
  const margin = from === most ? Math.abs(most) / 10 || 1 : 0;
  return scaleLinear([from - margin, most + margin], range).nice();
}

function axes({ unit, format, scale }: LineChart, x: Scale, y: Scale): Html {
  // Of a logarithmic scale's many ticks only those count that have room for a label.
  const hasLabel = scale === 'log' ? y.tickFormat(5) : String;
  const levels = y.ticks(5).filter((value) => hasLabel(value) !== '');
  const steps = x.ticks(5).filter(Number.isInteger);
  const middle = (plot.left + plot.right) / 2;
  return html`<g class="axis">
${unit === undefined ? undefined : html`<text x="0" y="10">${unit}</text>`}
${levels.map((value) => {
  const height = at(y(value));
  return html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${height}" y2="${height}"/><text class="y" x="${plot.left - 8}" y="${height}">${format(value)}</text>`;
})}
<line x1="${plot.left}" x2="${plot.right}" y1="${plot.bottom}" y2="${plot.bottom}"/>
${steps.map((step) => html`<text class="x" x="${at(x(step))}" y="${plot.bottom + 18}">${count(step)}</text>`)}
<text class="x" x="${middle}" y="${height - 5}">steps</text>
</g>`;
}

function curve({ look, points, dotted }: Series, x: Scale, y: Scale): Html {
  const path = line<Point>(
    ({ step }) => x(step),
    ({ value }) => y(value),
  ).digits(1);
  const band = area<Point>()
    .defined(({ low, high }) => low !== undefined && high !== undefined)
    .x(({ step }) => x(step))
    .y0(({ value, low = value }) => y(low))
    .y1(({ value, high = value }) => y(high))
    .digits(1);
  const dots = dotted || points.length === 1 ? points : [];
  const around = band(points);
  return html`<g class="series ${look}">${around ? html`<path class="band" d="${around}"/>` : undefined}<path class="curve" d="${path(points) ?? ''}"/>${dots.map(
    ({ step, value }) => html`<circle cx="${at(x(step))}" cy="${at(y(value))}" r="2.5"/>`,
  )}</g>`;
}

function readingsOf({ format }: LineChart, series: readonly Series[], x: Scale): readonly Reading[] {
  const texts = new Map<number, string[]>();
  for (const { label, points } of series) {
    for (const { step, value } of points) {
      texts.set(step, [...(texts.get(step) ?? []), `${label} ${format(value)}`]);
    }
  }
  return [...texts]
    .sort(([a], [b]) => a - b)
    .map(([step, parts]) => ({
      step,
      x: Number(at(x(step))),
      text: `step ${count(step)}: ${parts.join(', ')}`,
    }));
}

function isFinitePoint({ value }: Point): boolean {
  return Number.isFinite(value);
}

function at(place: number): string {
  return place.toFixed(1);
}
