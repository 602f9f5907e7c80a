import { arrowModule, type ArrowModule } from "./arrow-module.ts";
import { ArrowKind, arrowTypes } from "./arrow-types.ts";
import { corrupt } from "../value/corrupt.ts";
import type { Decoder } from "../value/decoder.ts";
import { Tag } from "../value/format.ts";
import { readView } from "../value/view.ts";

type Constructor = new (...args: unknown[]) => object;

/**
 * Reads what follows {@link Tag.arrow}: the object is made by the constructor that anyone uses, of
 * parts that are what it takes. Given others, such as a list that holds itself, constructors of
 * Arrow do not come to an end.
 */
export function readArrow(decoder: Decoder): object {
  const arrow = arrowModule();
  const number = decoder.reserve();
  decoder.atOnce += 1;
  const value = new ArrowReader(decoder, arrow).object(decoder.input.byte());
  decoder.atOnce -= 1;
  decoder.settle(number, value);
  return value;
}

class ArrowReader {
  private readonly decoder: Decoder;
  private readonly arrow: ArrowModule;

  constructor(decoder: Decoder, arrow: ArrowModule) {
    this.decoder = decoder;
    this.arrow = arrow;
  }

  object(kind: number): object {
    const { Data, Field, RecordBatch, Schema, Table, Vector } = this.arrow.main;
    switch (kind) {
      case ArrowKind.table:
        return make(Table, this.one(Schema), this.list(RecordBatch));
      case ArrowKind.recordBatch:
        return make(RecordBatch, this.one(Schema), this.one(Data), this.one(Map));
      case ArrowKind.placeholderBatch:
        return make(this.arrow.PlaceholderBatch, this.one(Schema), this.one(Map));
      case ArrowKind.vector:
        return make(Vector, this.list(Data));
      case ArrowKind.memoizedVector:
        return (make(Vector, this.list(Data)) as { memoize(): object }).memoize();
      case ArrowKind.schema:
        return make(Schema, this.list(Field), this.one(Map), this.one(Map), this.plain());
      case ArrowKind.field:
        return make(Field, this.plain(), this.type(), this.plain(), this.one(Map));
      case ArrowKind.data:
        return this.data();
      case ArrowKind.type:
      case ArrowKind.namedType:
        return this.typeOf(kind === ArrowKind.namedType);
      default:
        throw corrupt("there is no such object of Arrow");
    }
  }

  private typeOf(isNamed: boolean): object {
    const known = arrowTypes.get(this.plain() as number);
    if (known === undefined) throw corrupt("there is no such type of Arrow");
    const parts = known.parts.map((part) => this.part(part));
    const by = isNamed ? known.named?.(parts) : { name: known.name, parts };
    if (by === undefined) throw corrupt("a type of Arrow has no class by name");
    const classes = this.arrow.main as unknown as Readonly<Record<string, Constructor | undefined>>;
    const Class = classes[by.name];
    if (Class === undefined) throw corrupt("this version of Arrow has no such type");
    return new Class(...by.parts);
  }

  private part(name: string): unknown {
    switch (name) {
      case "child":
        return this.one(this.arrow.main.Field);
      case "children":
        return this.list(this.arrow.main.Field);
      case "dictionary":
      case "indices":
        return this.type();
      case "typeIds":
        return this.one(Int32Array);
      default:
        return this.plain();
    }
  }

  private data(): object {
    const { input } = this.decoder;
    const type = this.type();
    const offset = input.natural();
    const length = input.natural();
    const nullCount = input.natural() - 1;
    const buffers = Array.from({ length: 4 }, () => (input.byte() === 0 ? undefined : this.view()));
    const { Data, Vector } = this.arrow.main;
    const children = this.many(() => this.one(Data));
    const dictionary = input.byte() === 0 ? undefined : this.one(Vector);
    const variadic = this.many(() => this.view());
    return make(Data, type, offset, length, nullCount, buffers, children, dictionary, variadic);
  }

  /** As many parts as a number says, with room for those alone that are there. */
  private many<T>(read: () => T): T[] {
    const parts: T[] = [];
    for (let left = this.decoder.input.count(); left > 0; left--) parts.push(read());
    return parts;
  }

  private view(): ArrayBufferView {
    if (this.decoder.input.byte() !== Tag.view) throw corrupt("a buffer of a column is none");
    return readView(this.decoder);
  }

  private type(): object {
    return this.one(this.arrow.main.DataType);
  }

  /** An instance of a class; Arrow's own test believes whoever says so. */
  private one(Class: { readonly prototype: object }): object {
    return instance(this.decoder.value(), Class);
  }

  /** A copy of a list of instances: the list itself may still grow, and hold what holds it. */
  private list(Class: { readonly prototype: object }): object[] {
    const list = this.decoder.value();
    if (!Array.isArray(list)) throw corrupt("a list of parts of Arrow is none");
    return Array.from(list, (item: unknown) => instance(item, Class));
  }

  private plain(): unknown {
    const value = this.decoder.value();
    if (typeof value === "object" && value !== null) throw corrupt("a name or number is none");
    return value;
  }
}

function instance(value: unknown, { prototype }: { readonly prototype: object }): object {
  const isOne = Object.prototype.isPrototypeOf.call(prototype, value as object);
  if (!isOne) throw corrupt("a part of Arrow is of another kind");
  return value as object;
}

function make(Class: unknown, ...args: readonly unknown[]): object {
  return new (Class as Constructor)(...args);
}
