package io.holdfast.examples.lab;

import io.holdfast.api.HostId;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** The real lab as the demo's stage. */
final class LabStage implements Stage {
  private final Lab lab;

  LabStage(Lab lab) {
    this.lab = lab;
  }

  @Override
  public void prepare() throws IOException, InterruptedException {
    lab.up();
    lab.protectGuests();
  }

  @Override
  public boolean awaitAnswers(Duration patience, List<LabNetwork.Guest> guests)
      throws InterruptedException {
    return lab.awaitAnswers(patience, guests);
  }

  @Override
  public Moments moments() {
    return lab.moments;
  }

  @Override
  public HostId controller() {
    return lab.controller();
  }

  @Override
  public String storeLeader() throws IOException, InterruptedException {
    return lab.storeLeader();
  }

  @Override
  public void cut(HostId host) throws IOException, InterruptedException {
    lab.run("crash", host.value());
  }

  @Override
  public boolean ranTwice() {
    return !lab.ranTwice().isEmpty();
  }

  @Override
  public String mode() {
    return "lab";
  }

  @Override
  public String accelerator() throws IOException {
    return lab.accelerator();
  }

  @Override
  public String lastWords() throws IOException {
    return lab.lastWords();
  }

  @Override
  public void end() throws IOException, InterruptedException {
    lab.down(false);
  }
}
