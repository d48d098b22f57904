/** The names at which code begins: objects, modules, functions and members, and the filters that put names together. */

/** Starting points of the published escapes, where the template does not give the name a value itself. */
export const OBJECTS: ReadonlySet<string> = new Set([
  'request',
  'config',
  'self',
  'lipsum',
  'cycler',
  'joiner',
  'url_for',
  'get_flashed_messages',
  'current_app',
]);

export const MODULES: ReadonlySet<string> = new Set([
  'os',
  'sys',
  'subprocess',
  'importlib',
  'builtins',
  'socket',
  'shutil',
  'ctypes',
  'pty',
  'pickle',
  'platform',
  'process',
  'globalThis',
]);

export const FUNCTIONS: ReadonlySet<string> = new Set([
  'eval',
  'exec',
  'execfile',
  'compile',
  'open',
  'getattr',
  'setattr',
  'delattr',
  'globals',
  'locals',
  'vars',
  'dir',
  'breakpoint',
  'input',
  'require',
  'Function',
]);

/** Members of functions, frames and generators that Jinja's sandbox withholds, and JavaScript's way to `Function`. */
export const MEMBERS: ReadonlySet<string> = new Set([
  'mro',
  'func_globals',
  'func_code',
  'func_closure',
  'im_func',
  'im_class',
  'gi_frame',
  'gi_code',
  'cr_frame',
  'cr_code',
  'ag_frame',
  'ag_code',
  'tb_frame',
  'f_globals',
  'f_locals',
  'f_builtins',
  'f_back',
  'co_consts',
  'co_names',
  'popen',
  'import_module',
  'load_module',
  'check_output',
  'environ',
  'constructor',
  'prototype',
]);

export const METHODS: ReadonlySet<string> = new Set([
  'system',
  'popen',
  'eval',
  'exec',
  'execl',
  'execv',
  'spawn',
  'mro',
]);

export const BUILDERS: ReadonlySet<string> = new Set([
  'join',
  'format',
  'replace',
  'reverse',
  'string',
  'decode',
  'fromhex',
]);
