/** What an architecture must be able to say for a probe: six kinds of instruction, nothing else. */

/** How an argument comes into its register; `frame` operands are bytes above the stack pointer. */
export type Operand =
  | { readonly immediate: bigint }
  /** An address inside the file: always encoded in the same length, because the code's length decides the address. */
  | { readonly pointer: number }
  | { readonly frameValue: number }
  | { readonly frameAddress: number };

export interface Machine {
  /** ELF's number of this architecture. */
  readonly elfNumber: number;
  /** Reserves the frame on the stack. */
  enter(frameBytes: number): readonly number[];
  /** Loads the argument at `position`, 0 to 5. */
  load(position: number, operand: Operand): readonly number[];
  invoke(syscall: number): readonly number[];
  /** Stores what the call returned into the frame. */
  store(frameOffset: number): readonly number[];
  clear(frameOffset: number): readonly number[];
  /** Jumps over the next `bytes` bytes unless the last call returned 0: the parent passes its child's calls by. */
  skipUnlessZero(bytes: number): readonly number[];
}
