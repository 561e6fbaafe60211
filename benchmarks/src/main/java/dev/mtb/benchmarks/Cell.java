package dev.mtb.benchmarks;

import java.util.List;

/** Tools that are compared with each other: at the same work, over the same link. */
record Cell(Link link, Scenario scenario, Shape shape, List<Tool> tools) {}
