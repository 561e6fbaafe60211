package dev.mtb;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The rooms, and who may enter which. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.mtb");

  @Test
  void dataFlowsOneWayThroughTheRooms() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("api")
        .definedBy("dev.mtb")
        .layer("files")
        .definedBy("dev.mtb.files")
        .layer("scan")
        .definedBy("dev.mtb.scan")
        .layer("compare")
        .definedBy("dev.mtb.compare")
        .layer("destination")
        .definedBy("dev.mtb.destination..")
        .layer("copy")
        .definedBy("dev.mtb.copy")
        .layer("engine")
        .definedBy("dev.mtb.engine")
        .layer("doctor")
        .definedBy("dev.mtb.doctor")
        .layer("cli")
        .definedBy("dev.mtb.cli")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        // The front door opens into the engine.
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("api")
        .whereLayer("doctor")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("files")
        .mayOnlyBeAccessedByLayers("scan", "copy", "destination", "engine")
        .whereLayer("copy")
        .mayOnlyBeAccessedByLayers("engine")
        // The sizes for --shard-sizes come in a list like others.
        .whereLayer("scan")
        .mayOnlyBeAccessedByLayers("engine", "cli")
        .whereLayer("compare")
        .mayOnlyBeAccessedByLayers("engine")
        // The command loads what a first request needs while it reads its arguments.
        .whereLayer("destination")
        .mayOnlyBeAccessedByLayers("engine", "copy", "doctor", "cli")
        .check(CLASSES);
  }

  @Test
  void libraryNeverPrintsOrExits() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mtb.cli")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(System.class, "exit", int.class)
        .check(CLASSES);
  }

  @Test
  void onlyTheBucketNeedsTheSdk() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mtb.destination.bucket")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("software.amazon..")
        .check(CLASSES);
  }

  @Test
  void libraryUsesNothingThatOnlyTheCommandBrings() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mtb.cli")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "picocli..", "com.fasterxml..", "me.tongfei..", "org.slf4j.simple..", "dev.mtb.cli..")
        .check(CLASSES);
  }
}
