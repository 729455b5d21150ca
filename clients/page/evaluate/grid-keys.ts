/** Rows and columns that a key leads by. */
const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * Makes the buttons in a table's body one stop of the tab key: arrow keys lead from one to the next in their direction,
 * past cells without any, and the one that had the focus last is where the tab key comes back to ("roving tabindex", ARIA
 * Authoring Practices).
 */
export function moveByKeys(table: HTMLTableElement): void {
  const body = table.tBodies[0]!;
  const buttons = [...body.querySelectorAll('button')];
  for (const [index, button] of buttons.entries()) button.tabIndex = index === 0 ? 0 : -1;

  body.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLButtonElement)) return;
    for (const button of buttons) button.tabIndex = button === target ? 0 : -1;
  });
  body.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    const from = event.target instanceof Element ? event.target.closest('td') : null;
    if (step === undefined || from === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // the page would scroll
    next(body, from, step)?.focus();
  });
}

function next(
  body: HTMLTableSectionElement,
  from: HTMLTableCellElement,
  [rows, columns]: readonly [number, number],
): HTMLButtonElement | null {
  let row = (from.parentElement as HTMLTableRowElement).sectionRowIndex; // a cell's parent is a row
  let column = from.cellIndex;
  for (;;) {
    row += rows;
    column += columns;
    const cell = body.rows[row]?.cells[column];
    if (cell === undefined) return null;
    const button = cell.querySelector('button');
    if (button !== null) return button;
  }
}
