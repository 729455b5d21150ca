import { duration, number } from '../../../train/report/format.js';
import type { Problem } from '../../browser/problem.js';
import { element } from '../elements.js';
import { factGroups } from '../facts.js';
import { percent, wholeNumber } from '../formats.js';
import { Charts } from './charts.js';
import { CheckpointsTable } from './checkpoints-table.js';
import { ExportForm } from './export-form.js';
import type { RunMetricsRow, RunSummary, Runs, RunView } from './runs.js';
import { stateSentences } from './states.js';

type Rows = readonly RunMetricsRow[];

/** One run: how far it is, its curves, its checkpoints. It is brought up to date in place, so that nothing jumps. */
export class RunPanel {
  readonly element = element('div', { 'aria-labelledby': 'run-title', role: 'region', tabindex: '-1' });
  readonly name: string;
  readonly #state = element('p', { class: 'figure-line', role: 'status' });
  readonly #progress = element('progress', { 'aria-label': 'Steps done' });
  readonly #steps = element('span', { class: 'details' });
  readonly #running = element('div', { class: 'running' }, this.#progress, this.#steps);
  readonly #stale = element('p', { class: 'details', role: 'status' });
  readonly #facts = element('dl', { class: 'facts' });
  readonly #other = element('select', {});
  readonly #choice = element('label', { class: 'beside', hidden: '' }, 'Beside it', this.#other);
  readonly #charts: Charts;
  readonly #checkpoints = new CheckpointsTable();
  readonly #export: ExportForm;
  #rows: Rows = [];
  #beside: { readonly name: string; readonly rows: Rows } | undefined;

  /** @param onOther told the run that is to be shown beside this one, or undefined for none */
  constructor(runs: Runs, name: string, onOther: (name: string | undefined) => void) {
    this.name = name;
    this.#export = new ExportForm(runs, name);
    this.#other.addEventListener('change', () => onOther(this.#other.value || undefined));
    this.#charts = new Charts(this.#choice);
    this.element.append(
      element('h2', { id: 'run-title' }, name),
      element('div', {}, this.#state, this.#running, this.#stale),
      this.#facts,
      this.#charts.element,
      element(
        'section',
        { 'aria-labelledby': 'checkpoints-title' },
        element('h2', { id: 'checkpoints-title' }, 'Checkpoints'),
        this.#checkpoints.element,
        this.#export.element,
      ),
    );
  }

  show(run: RunView, rows: Rows): void {
    this.#stale.textContent = '';
    say(this.#state, stateSentences[run.state]);
    this.#progress.max = Math.max(1, run.totalSteps);
    this.#progress.value = run.step;
    this.#steps.textContent = `step ${wholeNumber(run.step)} of ${wholeNumber(run.totalSteps)}`;
    this.#showFacts(factsOf(run));
    this.#checkpoints.show(run);
    this.#export.show(run);
    this.#rows = rows;
    this.#draw();
  }

  /** The service says nothing now; what is shown is what it said last. */
  showStale({ message }: Problem): void {
    say(this.#stale, `${message} What stands here is the last that is known.`);
  }

  /** Curves of another run are drawn with those of this one. */
  showBeside(beside: { readonly name: string; readonly rows: Rows } | undefined): void {
    this.#beside = beside;
    this.#draw();
  }

  /** The runs that can be drawn beside this one. */
  offer(list: readonly RunSummary[], chosen: string | undefined): void {
    const names = ['', ...list.map(({ name }) => name).filter((name) => name !== this.name)];
    this.#choice.hidden = names.length === 1;
    const known = Array.from(this.#other.options, ({ value }) => value);
    if (names.join('\n') !== known.join('\n')) {
      const options = names.map((value) => element('option', { value }, value || 'no other run'));
      this.#other.replaceChildren(...options);
    }
    this.#other.value = chosen !== undefined && names.includes(chosen) ? chosen : '';
  }

  #showFacts(facts: Readonly<Record<string, string>>): void {
    const values = this.#facts.querySelectorAll('dd');
    if (values.length === 0) this.#facts.replaceChildren(...factGroups(facts));
    else for (const [index, text] of Object.values(facts).entries()) say(values[index]!, text);
  }

  #draw(): void {
    this.#charts.show({ name: this.name, rows: this.#rows, other: this.#beside });
  }
}

/** A text that has not changed is not said again, and what is selected in it stays so. */
function say(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

function factsOf(run: RunView): Record<string, string> {
  const { configuration, lastValidation, bestValidation } = run;
  const { epochs, batch, seed, examples, trainOn, averaged } = configuration;
  const precision = (found: RunView['bestValidation']): string =>
    found === null ? 'not measured' : `${percent(found.ema)} at step ${wholeNumber(found.step)}`;
  return {
    Loss: run.loss === null ? 'none that is finite' : number(run.loss),
    'Last precision @ 1': precision(lastValidation),
    'Best precision @ 1': precision(bestValidation),
    'Time spent': duration(run.seconds),
    Network: run.network,
    Data: `${run.dataset}, ${wholeNumber(examples)} pictures of ${trainOn}, ${configuration.labels.length} labels`,
    Recipe: `${run.recipe}${epochs === null ? '' : `, ${number(epochs)} epochs`}, batches of ${batch}, seed ${seed}`,
    Weights: averaged ? 'averaged (EMA)' : 'not averaged',
    Started: `${new Date(run.startedAt).toLocaleString()}, by kiln ${configuration.kiln}`,
  };
}
