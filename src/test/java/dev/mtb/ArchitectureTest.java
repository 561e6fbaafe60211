package dev.mtb;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.google.common.collect.ImmutableMap;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import org.junit.jupiter.api.Test;

/** The packages ("rooms"), and which packages each of them may use. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.mtb");

  /** Each room, and all rooms that its classes may use. */
  private static final ImmutableMap<String, String> MAY_USE =
      ImmutableMap.<String, String>builder()
          .put("model", "")
          .put("options", "model")
          .put("store", "options model")
          // A job may name a store of an embedder's own.
          .put("job", "store options model")
          .put("state", "store options model")
          .put("store.folder", "store options model")
          .put("store.mount", "store.folder store options model")
          .put("s3", "")
          .put("store.bucket", "s3 store state options model")
          // Only this package knows the three kinds of store.
          .put("place", "store.folder store.mount store.bucket store state job options model")
          .put("scan", "store job options model")
          .put("compare", "options model")
          .put("copy", "store model")
          .put("engine", "place scan compare copy store state job options model")
          .put("root", "engine job options model")
          // The doctor examines the places that a backup would use.
          .put("doctor", "place store.bucket store state options model")
          .put("cli.text", "model")
          .put("cli.report", "cli.text doctor place scan store job options model")
          .put("cli.watch", "cli.report cli.text job model")
          .put("cli.startup", "place store.bucket options model")
          .put("cli.setup", "state options model")
          .put(
              "cli",
              "cli.report cli.watch cli.startup cli.setup cli.text root doctor place scan store"
                  + " store.bucket state job options model")
          .buildOrThrow();

  @Test
  void arrowsPointOneWay() {
    LayeredArchitecture rooms =
        Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String room : MAY_USE.keySet()) {
      rooms = rooms.layer(room).definedBy(room.equals("root") ? "dev.mtb" : "dev.mtb." + room);
    }
    for (var entry : MAY_USE.entrySet()) {
      rooms =
          entry.getValue().isEmpty()
              ? rooms.whereLayer(entry.getKey()).mayNotAccessAnyLayer()
              : rooms
                  .whereLayer(entry.getKey())
                  .mayOnlyAccessLayers(entry.getValue().split(" ", -1));
    }
    rooms.ensureAllClassesAreContainedInArchitecture().check(CLASSES);
  }

  @Test
  void noRoomsUseEachOther() {
    slices().matching("dev.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void libraryNeverPrintsOrExits() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mtb.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .check(CLASSES);
  }

  @Test
  void onlyTheSearchForCredentialsNeedsTheSdk() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.mtb.s3.AwsSdk")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("software.amazon..")
        .check(CLASSES);
  }

  /** A user who backs up only through mounts does not need an HTTP library. */
  @Test
  void onlyTheClientNeedsAnHttpLibrary() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mtb.s3")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.hc..")
        .check(CLASSES);
  }

  /** The rooms of the command are given values, and know no options. */
  @Test
  void onlyTheCommandsNeedALibraryForOptions() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mtb.cli")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .check(CLASSES);
  }

  @Test
  void libraryUsesNothingThatOnlyTheCommandBrings() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mtb.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "picocli..", "com.fasterxml..", "me.tongfei..", "org.slf4j.simple..", "dev.mtb.cli..")
        .check(CLASSES);
  }
}
