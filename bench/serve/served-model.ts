import Type from 'typebox';
import Value from 'typebox/value';

const modelList = Type.Object({
  models: Type.Array(Type.Object({ name: Type.String(), digest: Type.Union([Type.Null(), Type.String()]) }), {
    minItems: 1,
  }),
});

/** The first of the models that a service tells of, and the sha256 of the file that answers. */
export async function servedModel(
  url: string,
): Promise<{ readonly name: string; readonly digest: string | null }> {
  const answer: unknown = await (await fetch(`${url}/models`)).json();
  return Value.Parse(modelList, answer).models[0]!;
}
