import { equals } from '@bufbuild/protobuf';
import type { Initialiser } from '../../onnx/initialisers.js';
import { roundToEven } from '../../onnx/rounding.js';
import {
  type NodeProto,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from '../../third_party/onnx/onnx_pb.js';
import { type Affine, affine, quantiseChannels, type Range } from './affine.js';
import type { Product } from './products.js';
import { initialiser, node, withInputs } from './proto-parts.js';

/**
 * Weights are integers from -64 to 64: on a CPU without VNNI, ONNX Runtime adds two products of uint8 and int8 in 16 bits,
 * where 2 · 255 · 64 still has room and 2 · 255 · 127 is cut off. A file answers the same on every machine.
 */
const largestWeight = 64;

/** Of int32, with room for the rounding of scales to float32. */
const largestBias = 2 ** 31 - 2 ** 8;

/**
 * A quantised graph in the making. Activations are uint8, rounded once, in front of the first node that wants them so;
 * weights are int8 with one scale a channel, biases int32.
 */
export class QuantisedGraph {
  readonly nodes: NodeProto[] = [];
  readonly tensors = new Map<string, TensorProto>();
  readonly #ranges: ReadonlyMap<string, Range>;
  readonly #weights: ReadonlyMap<string, Initialiser>;
  readonly #rounded = new Map<string, string>();
  readonly #dequantised = new Set<string>();

  /** @param weights float32 tensors of the file */
  constructor(ranges: ReadonlyMap<string, Range>, weights: ReadonlyMap<string, Initialiser>) {
    this.#ranges = ranges;
    this.#weights = weights;
  }

  /** @returns the name of the value after it was on the grid of its range */
  round(name: string): string {
    const known = this.#rounded.get(name);
    if (known !== undefined) return known;
    const { scale, zeroPoint } = this.#gridOf(name);
    const grid = [
      this.#store(initialiser(`${name}/scale`, [], Float32Array.of(scale))),
      this.#store(initialiser(`${name}/zero_point`, [], Uint8Array.of(zeroPoint))),
    ];
    const [integers, reals] = [`${name}/uint8`, `${name}/rounded`];
    this.nodes.push(
      node('QuantizeLinear', [name, ...grid], integers),
      node('DequantizeLinear', [integers, ...grid], reals),
    );
    this.#rounded.set(name, reals);
    return reals;
  }

  /** @returns the product's node with rounded operands */
  product({ node: original, activation, weights, axis, bias }: Product): NodeProto {
    const { dims, data } = this.#weights.get(weights)!;
    const { scale } = this.#gridOf(activation);
    const added = bias === undefined ? undefined : this.#weights.get(bias)!.data;
    const { values, scales } = quantiseChannels(data, {
      dims,
      axis,
      largest: largestWeight,
      leastScale: (channel) => Math.abs(added?.[channel] ?? 0) / (scale * largestBias),
    });
    const names = new Map([
      [activation, this.round(activation)],
      [weights, this.#dequantise(initialiser(weights, dims, values), scales, axis)],
    ]);
    if (bias !== undefined && added !== undefined) {
      // A bias is counted in the unit of the products that it is added to.
      const units = scales.map((one) => one * scale);
      const counts = Int32Array.from(added, (value, channel) => roundToEven(value / units[channel]!));
      names.set(bias, this.#dequantise(initialiser(bias, [counts.length], counts), units, 0));
    }
    return withInputs(original, (name) => names.get(name) ?? name);
  }

  #gridOf(name: string): Affine {
    const range = this.#ranges.get(name);
    if (range === undefined) throw new TypeError(`${name} has no range`);
    return affine(range);
  }

  /** @returns the name of the real numbers that the integers stand for */
  #dequantise(integers: TensorProto, scales: Float32Array, axis: number | undefined): string {
    const { name, dataType } = integers;
    const dims = axis === undefined ? [] : [scales.length];
    const zeros =
      dataType === TensorProto_DataType.INT8 ? new Int8Array(scales.length) : new Int32Array(scales.length);
    const stored = this.#store(integers);
    const scale = this.#store(initialiser(`${name}/scale`, dims, scales));
    // ONNX lets zeros be left out, but then ONNX Runtime makes no integer kernel.
    const zeroPoint = this.#store(initialiser(`${name}/zero_point`, dims, zeros));
    const output = scale.replace(`${name}/scale`, `${name}/float32`);
    if (!this.#dequantised.has(output)) {
      const attributes: Record<string, number> = axis === undefined ? {} : { axis };
      this.nodes.push(node('DequantizeLinear', [stored, scale, zeroPoint], output, attributes));
      this.#dequantised.add(output);
    }
    return output;
  }

  /** @returns the tensor's name, or another where products that share weights need them on several grids */
  #store(tensor: TensorProto): string {
    for (let copy = 0; ; copy += 1) {
      const named = { ...tensor, name: copy === 0 ? tensor.name : `${tensor.name}_${copy}` };
      const there = this.tensors.get(named.name);
      if (there === undefined) this.tensors.set(named.name, named);
      if (there === undefined || equals(TensorProtoSchema, there, named)) return named.name;
    }
  }
}
