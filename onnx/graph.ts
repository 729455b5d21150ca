import { KilnError } from '../errors/errors.js';
import { formatShape, sameShape, shapeMismatch, sizeOf } from './shape.js';
import type { ArrayOf, DType, Shape, TensorArray, TensorType } from './types.js';

/** How a parameter's values come to be before the first step. */
export type Initialiser =
  /** Normal with standard deviation `std`; draws beyond 2σ are drawn again, as TensorFlow does. */
  | { readonly kind: 'truncated-normal'; readonly std: number }
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in [−limit, limit). */
  | { readonly kind: 'uniform'; readonly limit: number }
  /**
   * Filters [filters, channels, …] of odd kernels: each of the first `channels` passes one channel through unchanged
   * (Zagoruyko and Komodakis, "DiracNets", arXiv 1706.00388), the others are uniform in [−limit, limit).
   */
  | { readonly kind: 'dirac'; readonly limit: number }
  /**
   * Filters that bring the patches of the training pictures to about the same variance in every direction, each with
   * its negative (Page, "How to train your ResNet 8: bag of tricks", 2019): eigenvectors of the patches' second
   * moments, divided by √(eigenvalue + epsilon). They are computed from the data.
   */
  | { readonly kind: 'patch-whitening'; readonly epsilon: number };

/** What a training step does to a parameter. */
export type ParameterRole =
  /** Moves against its gradient. */
  | { readonly kind: 'trained' }
  /** Stays as it began. */
  | { readonly kind: 'frozen' }
  /** Was trained or followed, and stays as it is by now (`GraphOptions.isSettled`). */
  | { readonly kind: 'settled' }
  /** Follows what the batches show (`Graph.observe`): s ← s − rate · (s − observed). */
  | { readonly kind: 'statistic'; readonly rate: number };

/** How a parameter begins, and what training does to it. */
export interface ParameterSpec {
  readonly initialiser: Initialiser;
  /** Factor of Σw²/2 in the loss, as the network's author chose it. */
  readonly decay: number;
  /** Default trained. */
  readonly role?: ParameterRole;
}

export type Attribute = number | string | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** A node as the ONNX file writes it; `trailing` become int64 or float constants behind the inputs. */
export interface OnnxForm {
  readonly type: string;
  readonly domain?: string;
  readonly floats?: Readonly<Record<string, number>>;
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
  readonly strings?: Readonly<Record<string, string>>;
  readonly trailing?: readonly (readonly number[])[];
}

/** Builds the gradient towards one input; undefined where none flows (integer inputs, masks). */
export type Backward = (() => Value) | undefined;

/** One application of an operator. */
export interface Node {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** Equal keys and equal inputs mean equal results: what common subexpressions are found by. */
  readonly key: string;
  /** Scalar multiply-adds of one application, 0 for everything but products and convolutions. */
  readonly multiplyAdds: number;
  /** Undefined where the operator exists only through its lowering. */
  readonly onnx: OnnxForm | undefined;
  readonly backward: ((gradient: Value) => readonly Backward[]) | undefined;
  /** The same operation on other inputs, which may belong to another graph. */
  readonly replay: (inputs: readonly Value[]) => readonly Value[];
}

type Source =
  | { readonly kind: 'input' }
  | { readonly kind: 'parameter'; readonly spec: ParameterSpec }
  | { readonly kind: 'constant'; readonly data: TensorArray }
  | { readonly kind: 'node'; readonly node: Node };

/** A tensor of a graph: it has a type and a shape before it has a value. */
export class Value {
  constructor(
    readonly graph: Graph,
    readonly name: string,
    readonly dtype: DType,
    readonly shape: Shape,
    readonly source: Source,
  ) {}

  get rank(): number {
    return this.shape.length;
  }

  /** Axis `axis` as a number; throws where it is symbolic. */
  size(axis: number): number {
    const dim = this.shape.at(axis);
    if (typeof dim === 'number') return dim;
    throw new KilnError('SHAPE_MISMATCH', {
      expected: `a known size at axis ${axis} of ${this.name}`,
      received: formatShape(this.shape),
    });
  }

  /** The whole shape as numbers; throws where a size is symbolic. */
  get dims(): readonly number[] {
    return this.shape.map((_, axis) => this.size(axis));
  }
}

/** What the network's author wrote beside a parameter; throws for any other value. */
export function specOf(parameter: Value): ParameterSpec {
  if (parameter.source.kind === 'parameter') return parameter.source.spec;
  throw new TypeError(`${parameter.name} is no parameter but a ${parameter.source.kind}`);
}

/** What a training step does to a parameter; throws for any other value. */
export function roleOf(parameter: Value): ParameterRole {
  return specOf(parameter).role ?? { kind: 'trained' };
}

export interface GraphOptions {
  /** Applies each operator's lowering at once and shares equal subexpressions (lowering.ts). */
  readonly lowered?: boolean;
  /** Whether a parameter that its network wants moved stays as it is. Default: none does. */
  readonly isSettled?: (parameter: string) => boolean;
}

/**
 * A dataflow graph in the making. Operators are functions of their operands (operators/), so a network reads
 * as the formula that it is; the graph remembers every application in order, which is a topological order.
 */
export class Graph {
  readonly lowered: boolean;
  readonly #isSettled: (parameter: string) => boolean;
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly parameters = new Map<string, Value>();
  readonly constants: Value[] = [];
  readonly outputs = new Map<string, Value>();
  /** What this graph's batch shows of each statistic, by the statistic's name. */
  readonly observations = new Map<string, Value>();
  /** What each scope's builder returned, where that is a value: a layer's activations by the layer's path. */
  readonly scopes = new Map<string, Value>();
  readonly #taken = new Set<string>();
  readonly #scalars = new Map<string, Value>();
  readonly #arrays = new Map<TensorArray, Value>();
  readonly #known = new Map<string, Node>();
  #scope = '';

  constructor(options: GraphOptions = {}) {
    this.lowered = options.lowered ?? false;
    this.#isSettled = options.isSettled ?? (() => false);
  }

  /** Names of everything that `build` adds begin with `name/`. */
  scope<T>(name: string, build: () => T): T {
    const outer = this.#scope;
    this.#scope = `${outer}${name}/`;
    try {
      const result = build();
      if (result instanceof Value) this.scopes.set(outer + name, result);
      return result;
    } finally {
      this.#scope = outer;
    }
  }

  input<T extends DType>(name: string, dtype: T, shape: Shape): Value {
    const value = new Value(this, this.#claim(name), dtype, shape, { kind: 'input' });
    this.inputs.push(value);
    return value;
  }

  /** A float32 tensor that training changes; its full name is the scope's path and `name`. */
  parameter(name: string, shape: readonly number[], spec: ParameterSpec): Value {
    const fullName = this.#claim(this.#scope + name);
    const settles = spec.role?.kind !== 'frozen' && this.#isSettled(fullName);
    const value = new Value(this, fullName, 'float32', shape, {
      kind: 'parameter',
      spec: settles ? { ...spec, role: { kind: 'settled' } } : spec,
    });
    this.parameters.set(value.name, value);
    return value;
  }

  /** Says what the batch shows of a statistic, which training then moves towards it, unless it is settled. */
  observe(statistic: Value, observed: Value): void {
    if (roleOf(statistic).kind === 'settled') return;
    if (roleOf(statistic).kind !== 'statistic') throw new TypeError(`${statistic.name} is no statistic`);
    if (!sameShape(statistic.shape, observed.shape)) {
      throw shapeMismatch('observe', `${formatShape(statistic.shape)} of ${statistic.name}`, observed.shape);
    }
    this.observations.set(statistic.name, observed);
  }

  /** One array given twice is one constant. */
  constant<T extends DType>(dtype: T, shape: readonly number[], data: ArrayOf<T>, name = 'constant'): Value {
    if (data.length !== sizeOf(shape)) {
      throw new KilnError('SHAPE_MISMATCH', {
        expected: `${sizeOf(shape)} elements for ${formatShape(shape)}`,
        received: `${data.length} elements`,
      });
    }
    const same = this.#arrays.get(data);
    if (same?.dtype === dtype && sameShape(same.shape, shape)) return same;
    const value = new Value(this, this.unique(name), dtype, shape, { kind: 'constant', data });
    this.constants.push(value);
    this.#arrays.set(data, value);
    return value;
  }

  /** A float32 constant of shape []; equal numbers share one. */
  scalar(value: number): Value {
    const key = Object.is(value, -0) ? '-0' : String(value);
    let scalar = this.#scalars.get(key);
    if (scalar === undefined) {
      scalar = this.constant('float32', [], Float32Array.of(value), 'scalar');
      this.#scalars.set(key, scalar);
    }
    return scalar;
  }

  /** Declares a result. One value may be declared under several names. */
  output(name: string, value: Value): void {
    if (this.outputs.has(name)) throw duplicate(name);
    this.outputs.set(name, value);
  }

  /** Adds an application of an operator; called by `defineOperator` alone. */
  add(
    description: Omit<Node, 'name' | 'outputs'> & { readonly types: readonly TensorType[] },
  ): readonly Value[] {
    const { types, ...rest } = description;
    const stranger = rest.inputs.find((input) => input.graph !== this);
    if (stranger !== undefined) throw new TypeError(`${rest.operator}: ${stranger.name} is of another graph`);
    const identity = `${rest.key}(${rest.inputs.map((input) => input.name).join(',')})`;
    const known = this.lowered ? this.#known.get(identity) : undefined;
    if (known !== undefined) return known.outputs;
    const name = this.unique(rest.operator);
    const outputs: Value[] = [];
    const node: Node = { ...rest, name, outputs };
    for (const [index, type] of types.entries()) {
      const outputName = index === 0 ? name : `${name}:${index}`;
      outputs.push(new Value(this, outputName, type.dtype, type.shape, { kind: 'node', node }));
    }
    this.nodes.push(node);
    if (this.lowered) this.#known.set(identity, node);
    return outputs;
  }

  /** Keeps a name from being given to anything that is added later: an output's, in the graph of a file. */
  reserve(name: string): void {
    this.#claim(name);
  }

  /** A free name inside the current scope. */
  unique(base: string): string {
    const name = this.#scope + base;
    for (let suffix = 0; ; suffix += 1) {
      const candidate = suffix === 0 ? name : `${name}_${suffix}`;
      if (!this.#taken.has(candidate)) return this.#claim(candidate);
    }
  }

  #claim(name: string): string {
    if (this.#taken.has(name)) throw duplicate(name);
    this.#taken.add(name);
    return name;
  }
}

function duplicate(name: string): KilnError {
  return new KilnError('SHAPE_MISMATCH', {
    message: 'Two values of a graph have one name.',
    expected: 'a name that is still free',
    received: name,
  });
}
