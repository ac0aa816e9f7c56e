package io.holdfast.engine.core;

/** What is in the way of a move, for people and as data. */
record Obstacle(String why, Wait waits) {}
