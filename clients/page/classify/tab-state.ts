import { byId } from '../elements.js';
import type { TabState } from '../tab-loader.js';

/** How far the tab has come with loading the model. */
export function showTabState(state: TabState): void {
  const text = byId('model-state-text', HTMLElement);
  const progress = byId('model-progress', HTMLProgressElement);
  byId('model-state', HTMLElement).dataset.state = state.kind;
  progress.hidden = state.kind !== 'loading';
  switch (state.kind) {
    case 'loading':
      text.textContent = 'Loading the model into this tab…';
      if (state.total === undefined) progress.removeAttribute('value');
      else progress.value = state.received / state.total;
      break;
    case 'ready':
      text.textContent = `${state.classifier.model.metadata.name} is ready`;
      break;
    case 'failed':
      text.textContent = `This tab has no model: ${state.problem.message}`;
      break;
  }
}
