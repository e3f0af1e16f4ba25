// SPDX-License-Identifier: MIT
/**
 * Every function of the C++ addon, documented once. The addon is a thin, total mapping of kernel
 * interfaces: it validates, calls, and turns errno into an error. Policy is TypeScript.
 *
 * Conventions
 * - Addresses are `bigint`, in bytes, in the address space of the process named.
 * - Lengths are `bigint` or a safe non-negative integer, in bytes.
 * - A wrong type or an impossible value throws `TypeError` or `RangeError` before any system call.
 * - A failed system call throws (or rejects with) a {@link NativeError}.
 */

/** How a failed system call comes back. */
export interface NativeError extends Error {
  /** Symbolic errno, such as `EINVAL`. */
  readonly code: string;
  /** Positive errno number. */
  readonly errno: number;
  /** Name of the call, such as `madvise`. */
  readonly syscall: string;
}

/** Where the bytes of a buffer lie in this process. */
export interface MemoryLocation {
  readonly address: bigint;
  /** Bytes. */
  readonly length: number;
}

/** One range of a vectored call that the kernel refused. */
export interface RangeFailure {
  /** Index of the range in the call. */
  readonly index: number;
  readonly code: string;
  readonly errno: number;
}

export interface VectoredAdvice {
  /** Ranges that were advised. */
  readonly advised: number;
  /** Bytes in those ranges. */
  readonly advisedBytes: bigint;
  readonly failures: readonly RangeFailure[];
}

/** What {@link NativeBinding.hashPages} found at a page. Values of `PageHashes.states`. */
export interface PageStates {
  /** Not present, or swapped out; reading it would have changed it. */
  readonly absent: 0;
  /** Present, hashed. */
  readonly hashed: 1;
  /** Present, all bytes zero; its hash is given too. */
  readonly zero: 2;
  /** Present by pagemap, but could not be read. */
  readonly unreadable: 3;
}

export interface PageHashes {
  /** One keyed 64-bit hash a page; 0 where the state is `absent` or `unreadable`. */
  readonly hashes: BigUint64Array;
  /** One {@link PageStates} value a page. */
  readonly states: Uint8Array;
}

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface NativeBinding {
  /** Bytes in a page of this machine (sysconf(_SC_PAGESIZE)). */
  readonly pageSize: number;

  /** Advice numbers of madvise(2) for the running architecture. */
  readonly advice: {
    readonly MADV_HUGEPAGE: number;
    readonly MADV_NOHUGEPAGE: number;
    readonly MADV_MERGEABLE: number;
    readonly MADV_UNMERGEABLE: number;
  };

  readonly pageStates: PageStates;

  /**
   * Address and length of the bytes a view covers, or of a whole ArrayBuffer or SharedArrayBuffer.
   * The address holds only while the buffer is neither freed, detached, transferred nor resized.
   * A detached or empty buffer throws RangeError.
   */
  locate(buffer: ArrayBufferLike | ArrayBufferView): MemoryLocation;

  /**
   * madvise(2) on this process, on the calling thread. `address` must be page aligned; the kernel
   * rounds `length` up. Errors: EINVAL (alignment, advice unknown to this kernel), ENOMEM (range not
   * mapped, or no room to split a mapping: vm.max_map_count), EAGAIN, EACCES.
   *
   * Only the four advices of {@link NativeBinding.advice} are accepted: this is no way to throw
   * memory away.
   */
  madvise(address: bigint, length: bigint | number, advice: number): void;

  /**
   * madvise(2) on many ranges of this process, off the event loop.
   * @param ranges address, length, address, length, … in bytes; copied before the call returns.
   * A refused range does not stop the others: it is listed in the result.
   */
  madviseRanges(ranges: BigUint64Array, advice: number): Promise<VectoredAdvice>;

  /**
   * prctl(PR_SET_MEMORY_MERGE): makes all present and future compatible mappings of this process
   * mergeable; survives fork, and exec on the kernels that allow it.
   * Errors: EINVAL (kernel before 6.4, or without KSM), EPERM (kernels that ask for CAP_SYS_RESOURCE).
   */
  setMemoryMerge(enabled: boolean): void;

  /** prctl(PR_GET_MEMORY_MERGE). Errors: EINVAL where the kernel has no such call. */
  getMemoryMerge(): boolean;

  /**
   * mallopt(3) of the C library this process runs on. Each in bytes, at most 2^31 - 1.
   * @param mmapBytes blocks of at least this size get a mapping of their own (older glibc: at most 32 MiB).
   * @param trimBytes free memory at the top of the heap goes back to the kernel above this size.
   * @param topPadBytes extra memory asked for whenever the heap grows.
   * @returns false where the C library has no such settings (musl), or refuses a value.
   */
  setMallocThresholds(mmapBytes: number, trimBytes: number, topPadBytes: number): boolean;

  /**
   * malloc_trim(3), off the event loop: gives free memory of the C library's heaps back to the kernel.
   * Took 3 to 20 ms on heaps of 300 MiB; threads that allocate meanwhile wait for it.
   * @returns true if memory was given back; false also where the C library cannot (musl).
   */
  trimMalloc(): Promise<boolean>;

  /**
   * SO_PEERCRED of a connected unix stream socket, as the kernel recorded it at connect time.
   * @param fd file descriptor number of the socket. Errors: EBADF, ENOTSOCK; a socket that has no
   * unix peer (internet, not connected, listening) gives ENOTCONN. `pid` is 0 for a peer in a pid
   * namespace that cannot be seen from here.
   */
  peerCredentials(fd: number): PeerCredentials;

  /**
   * Sends one datagram to a service manager, as sd_notify(3) does.
   * @param socketPath value of NOTIFY_SOCKET: an absolute path, or `@name` for an abstract socket.
   * @param message `READY=1` and the like; lines separated by `\n`.
   * Does not wait. Errors: ENOENT, ECONNREFUSED (nobody listens), EAGAIN (the service manager is
   * behind with reading: try again later), EMSGSIZE, EACCES.
   */
  sdNotify(socketPath: string, message: string): void;

  /** pidfd_open(2). The caller closes the descriptor. Errors: ESRCH, EINVAL, ENOSYS, EMFILE. */
  pidfdOpen(pid: number): number;

  /**
   * Hashes the present pages of a range with a keyed 64-bit hash, off the event loop. Pages that are
   * not present are left alone: reading them would populate or swap them in.
   * @param pid 0 for this process; another is read through /proc/PID/mem (needs ptrace
   * access): process_vm_readv(2) would pin the pages, and pinning a merged page unmerges it.
   * @param address page aligned. @param length bytes, a multiple of the page size.
   * @param key 32 random bytes: hashes are comparable only under one key.
   * Errors: ESRCH, EPERM, EACCES, ENOSYS. A range of more than 2^24 pages throws RangeError.
   */
  hashPages(
    pid: number,
    address: bigint,
    length: bigint | number,
    key: Uint8Array,
  ): Promise<PageHashes>;

  /**
   * Raw 64-bit entries of /proc/PID/pagemap, off the event loop. Frame numbers are zero for a caller
   * without CAP_SYS_ADMIN. @param pid 0 for this process. Layout: see src/proc/pagemap.ts.
   * Entries beyond the address space are zero. Errors: ESRCH (gone), ENOENT (no pagemap on this
   * system), EACCES, EPERM. More than 2^24 pages throw RangeError.
   */
  readPagemap(pid: number, address: bigint, pages: number): Promise<BigUint64Array>;

  /**
   * Counts of /proc/kpagecount for frame numbers: how many times each frame is mapped. Root only.
   * Off the event loop. Errors: EACCES, EPERM, ENOENT.
   */
  readPageCounts(frames: BigUint64Array): Promise<BigUint64Array>;

  /**
   * Replaces this process by a program, as execvpe(3): same pid, no return. Standard streams are made
   * blocking and inheritable; signal dispositions and the signal mask are reset to their defaults.
   * A file without an interpreter line is run by /bin/sh. The program inherits the soft limit of open
   * files as Node raised it, and output that streams still hold in JavaScript is lost.
   * Throws (ENOENT, EACCES, ENOEXEC, E2BIG, …) only if the program could not be started; the process
   * then goes on unchanged.
   * @param file looked up in PATH of `environment` if it has no slash.
   * @param argv including argv[0]. @param environment `NAME=value` strings.
   */
  exec(file: string, argv: readonly string[], environment: readonly string[]): never;
}
