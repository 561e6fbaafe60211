/**
 * How a job is run, grouped by subject: each group is a small immutable value with its checks. A
 * new option is a component of one of these records, and where it is used.
 */
package dev.mtb.options;
