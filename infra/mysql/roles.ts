/** What the keeper of a group says, and apps and tools believe: who does what. */
import Type from 'typebox'

const Replica = Type.Object({
  name: Type.String(),
  lagMs: Type.Number(),
  /** Reachable, and not too far behind. */
  serving: Type.Boolean(),
})
export type Replica = Type.Static<typeof Replica>

export const Roles = Type.Object({
  /** Rises with every change but those of `lagMs`. */
  version: Type.Integer(),
  /** Rises with every promotion. */
  epoch: Type.Integer(),
  flavour: Type.Union([Type.Literal('mysql'), Type.Literal('mariadb')]),
  /** Null while nobody takes writes. */
  primary: Type.Union([Type.String(), Type.Null()]),
  replicas: Type.Array(Replica),
})
export type Roles = Type.Static<typeof Roles>
