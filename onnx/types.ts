/** Element types of the graph language, each with the array that holds its data in JavaScript. */
export interface ArrayTypes {
  float32: Float32Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type DType = keyof ArrayTypes;
export type ArrayOf<T extends DType> = ArrayTypes[T];
export type TensorArray = ArrayTypes[DType];

/** A number, or a name for a size that is known only when the graph runs (inference graphs only). */
export type Dim = number | string;
export type Shape = readonly Dim[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface Tensor<T extends DType = DType> {
  readonly dtype: T;
  readonly dims: readonly number[];
  readonly data: ArrayOf<T>;
}
