// SPDX-License-Identifier: MIT
/** Loading and running models with ONNX Runtime. */
import { InferenceSession, type Tensor } from 'onnxruntime-node';

/**
 * One thread a model: an instance has one processor.
 *
 * No arena: pictures come in all sizes, and the arena would keep, for the life of the instance, as
 * much memory as each size ever needed. Without it the runtime gives its working memory back to the
 * allocator after every request and keeps the weights only.
 */
const options: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
};

/** Loads a model from a file. */
export function loadModel(file: string): Promise<InferenceSession> {
  return InferenceSession.create(file, options);
}

/** A tensor of floats as it comes out of a model. */
export interface FloatOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Runs a model that has one input and one output. */
export async function runModel(session: InferenceSession, input: Tensor): Promise<FloatOutput> {
  const [inputName] = session.inputNames;
  const [outputName] = session.outputNames;
  if (inputName === undefined || outputName === undefined) {
    throw new Error('the model has no input or no output');
  }
  const output = (await session.run({ [inputName]: input }))[outputName];
  if (output === undefined || !(output.data instanceof Float32Array)) {
    throw new TypeError(`the output "${outputName}" of the model is not a tensor of floats`);
  }
  return { data: output.data, dims: output.dims };
}
