# nix-build -E 'with import <nixpkgs> {}; pkgsMusl.callPackage ./default.nix { }'
#
# The standard environment must be one with musl; the file that comes out needs nothing of it.
{ lib, stdenv }:

stdenv.mkDerivation {
  pname = "cinit";
  version = "@VERSION@";
  src = ./cinit-@VERSION@.tar.gz;

  makeFlags = [ "CC=${stdenv.cc.targetPrefix}cc" "PREFIX=${placeholder "out"}" ];
  enableParallelBuilding = true;
  # The wrapper would add a stack protector and a PIE behind the flags that forbid them.
  hardeningDisable = [ "all" ];

  doInstallCheck = true;
  installCheckPhase = ''
    $out/bin/cinit --version
    $out/bin/cinit -- true
  '';

  # So that they run it: tini, dumb-init and catatonit by their names.
  postInstall = ''
    for name in catatonit dumb-init tini tini-static; do
      ln -s cinit $out/bin/$name
    done
  '';

  meta = {
    description = "Small init for containers that runs any command as PID 1";
    license = lib.licenses.mit;
    mainProgram = "cinit";
    platforms = [
      "x86_64-linux"
      "i686-linux"
      "aarch64-linux"
      "armv7l-linux"
      "riscv64-linux"
      "powerpc64le-linux"
      "s390x-linux"
      "loongarch64-linux"
    ];
  };
}
