import { shown, StorageError, storageCode } from "./storage-error.ts";

/**
 * Turn an operating system error into a storage error that names the path; storage errors pass as
 * they are.
 */
export function fileFailure(api: string, url: string): (error: unknown) => never {
  return (error) => {
    throw storageCode(error) === undefined ? failure(api, url, error) : error;
  };
}

function failure(api: string, url: string, error: unknown): StorageError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const got = `got ${shown(url)}`;
  switch (code) {
    case "ENOENT":
      return new StorageError(
        "storage/not-found",
        `${api}: no such file, ${got}. Check the path; a relative one starts at the working ` +
          "directory.",
        url,
        error,
      );
    case "EISDIR":
      return new StorageError(
        "storage/not-a-file",
        `${api}: a directory, ${got}, wanted a file. Name a file in it.`,
        url,
        error,
      );
    case "ENOTDIR":
      return new StorageError(
        "storage/not-found",
        `${api}: a part of the path is a file and not a directory, ${got}. Check the path.`,
        url,
        error,
      );
    case "EEXIST":
      return new StorageError(
        "storage/exists",
        `${api}: there is a file already, ${got}. Leave out overwrite: false to replace it.`,
        url,
        error,
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new StorageError(
        "storage/denied",
        `${api}: not allowed (${code}), ${got}. Check permissions.`,
        url,
        error,
      );
    case "ENOSPC":
    case "EDQUOT":
      return new StorageError(
        "storage/io",
        `${api}: no space left (${code}), ${got}. Free some.`,
        url,
        error,
      );
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return new StorageError("storage/io", `${api}: ${reason}, ${got}.`, url, error);
    }
  }
}
