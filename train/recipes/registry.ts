import type { Recipe } from '../recipe.js';
import { fast } from './fast.js';
import { speedrun } from './speedrun.js';
import { tutorial } from './tutorial.js';

/** The recipes that ship with kiln, by name. */
export const recipes = { fast, speedrun, tutorial } as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof recipes;
