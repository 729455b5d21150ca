import { closest } from '../errors/closest.js';
import { type ErrorCode, KilnError } from '../errors/errors.js';
import type { Network } from '../networks/network.js';
import { networks } from '../networks/registry.js';
import type { Recipe } from './recipe.js';
import { recipes } from './recipes/registry.js';

/** A network by its name. @throws NETWORK_UNKNOWN naming the closest one */
export function findNetwork(name: string): Network {
  return find<Network>(networks, name, 'NETWORK_UNKNOWN');
}

/** A recipe by its name. @throws RECIPE_UNKNOWN naming the closest one */
export function findRecipe(name: string): Recipe {
  return find<Recipe>(recipes, name, 'RECIPE_UNKNOWN');
}

function find<T>(known: Readonly<Record<string, T>>, name: string, code: ErrorCode): T {
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found !== undefined) return found;
  throw unknownName(code, name, Object.keys(known));
}

/** A refusal of a name that is not among `known`. */
export function unknownName(code: ErrorCode, name: string, known: readonly string[]): KilnError {
  const meant = closest(name, known);
  const list = known.length === 0 ? 'none is there' : `one of ${known.join(', ')}`;
  return new KilnError(code, {
    expected: meant === undefined ? list : `${list}; did you mean ${meant}?`,
    received: name,
  });
}
