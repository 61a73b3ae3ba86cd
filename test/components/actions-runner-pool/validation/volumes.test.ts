import type { VolumeArgs } from "../../../../components";
import { type BadInput, rejects, rejectsAfterLookups } from "./bad-input";

const ID = "ami-0c0c0c0c0c0c0c0c0";

function root(danger: string, changes: BadInput["changes"], field: string, value: string, remedy: RegExp): BadInput {
  return { danger, changes, field, value, remedy };
}

/** A pool with one volume, which is refused for a field of it. */
function volume(danger: string, volume: VolumeArgs, field: keyof VolumeArgs, remedy: RegExp, changes: BadInput["changes"] = {}): BadInput {
  const value = volume[field] === undefined ? "is missing" : JSON.stringify(volume[field]);
  return { danger, changes: { volumes: [volume], ...changes }, field: `volumes[0].${field}`, value, remedy };
}

const at = (mountPoint: string) => ({ mountPoint, size: 100 });

rejects([
  root("a type of volume that EC2 does not have", { rootVolumeType: "gp4" as "gp3" }, "rootVolumeType", '"gp4"', /Use gp3, gp2, io1/),
  root("a root volume from which EC2 boots nothing", { rootVolumeType: "st1" }, "rootVolumeType", '"st1"', /Use gp3, gp2, io1 or io2/),
  root(
    "a type without a default of IOPS",
    { rootVolumeType: "io2" },
    "rootVolumeIops",
    "is missing",
    /Set 100 to 1000 per GiB, or use gp3/,
  ),
  root("IOPS of a type that has none of its own", { rootVolumeType: "gp2", rootVolumeIops: 3000 }, "rootVolumeIops", "3000", /Remove it/),
  root("fewer IOPS than a gp3 volume has anyway", { rootVolumeIops: 2999 }, "rootVolumeIops", "2999", /3000 to 80000 of gp3.*range/),
  root(
    "more IOPS than the size allows",
    { rootVolumeType: "io1", rootVolumeSize: 20, rootVolumeIops: 1001 },
    "rootVolumeIops",
    "1001",
    /at most 50 per GiB, so 1000 with 20 GiB.*rootVolumeSize to at least 21/,
  ),
  root(
    "more throughput than the default IOPS carry",
    { rootVolumeThroughput: 751 },
    "rootVolumeThroughput",
    "751",
    /a quarter of its 3000 IOPS.*rootVolumeIops to at least 3004/,
  ),
  root(
    "a throughput for a type that has none to choose",
    { rootVolumeType: "gp2", rootVolumeThroughput: 250 },
    "rootVolumeThroughput",
    "250",
    /rootVolumeType to gp3/,
  ),
  root(
    "a list of volumes that is a single one, as YAML may give it",
    { volumes: "/data" as unknown as VolumeArgs[] },
    "volumes",
    '"/data"',
    /also with a single element/,
  ),
  {
    danger: "more volumes than EC2 has names for",
    changes: { volumes: Array.from({ length: 11 }, (_each, index) => at(`/data${index}`)) },
    field: "volumes",
    value: "/data10",
    remedy: /more than 10.*fewer/,
  },
  volume("a new volume without a size", { mountPoint: "/data" }, "size", /Set whole GiB, or device/),
  volume("a hard disk smaller than EBS has any", { mountPoint: "/data", size: 124, type: "sc1" }, "size", /125 to 16384 GiB of sc1/),
  volume("a volume with provisioned IOPS without them", { ...at("/data"), type: "io1" }, "iops", /Set 100 to 50 per GiB/),
  volume("a mount point that is no path", at("data"), "mountPoint", /absolute path.*work or docker/),
  volume("a mount point that leaves its folder", at("/data/../etc"), "mountPoint", /absolute path/),
  volume("the root of the file system as a mount point", at("/"), "mountPoint", /absolute path/),
  volume("a volume over the system's configuration", at("/etc"), "mountPoint", /the system's.*\/data/),
  volume("a volume inside of the runner", at("/opt/actions-runner/_work"), "mountPoint", /the system's/),
  volume("a volume that hides the system's state", at("/var"), "mountPoint", /would hide \/var\/cache/),
  volume("a volume of the jobs' own where an agent of root's has its programs", at("/var/lib/amazon/ssm"), "mountPoint", /the system's/),
  volume("a volume in a home, where a job can put a link in its way", at("/home/runner/cache"), "mountPoint", /users may write there/),
  volume("a volume in /tmp, for the same reason", at("/tmp/cache"), "mountPoint", /users may write there/),
  {
    danger: "two volumes at one mount point, of which one would hide the other",
    changes: { volumes: [at("/data"), at("/data")] },
    field: "volumes[1].mountPoint",
    value: '"/data"',
    remedy: /volumes\[0\] is mounted there.*folder of its own/,
  },
  {
    danger: "a volume below another one, which may not be mounted yet",
    changes: { volumes: [at("/data/cache"), at("/data")] },
    field: "volumes[0].mountPoint",
    value: '"/data/cache"',
    remedy: /below \/data of volumes\[1\]/,
  },
  volume("a volume for Docker where jobs have none, which would stay empty", at("docker"), "mountPoint", /Set docker to rootless or root/),
  volume("a device that is no name of EC2's", { mountPoint: "/data", device: "nvme1n1" }, "device", /such as \/dev\/sdb/),
  {
    danger: "one device of the image for two volumes",
    changes: {
      volumes: [
        { mountPoint: "/data", device: "/dev/sdb" },
        { mountPoint: "/cache", device: "/dev/sdb" },
      ],
    },
    field: "volumes[1].device",
    value: '"/dev/sdb"',
    remedy: /volumes\[0\] has it/,
  },
  volume(
    "a work folder on which each launch would be abandoned",
    { mountPoint: "work", size: 3 },
    "size",
    /at least 4 GiB, or lower diskFloor/,
  ),
  root(
    "an instance store in a warm pool that hibernates, which loses it",
    { useInstanceStore: true, warmPool: { state: "Hibernated" } },
    "useInstanceStore",
    "true",
    /Set warmPool\.state to Stopped/,
  ),
  {
    danger: "an instance store and a volume for the same folder",
    changes: { useInstanceStore: true, volumes: [at("/data"), at("work")] },
    field: "useInstanceStore",
    value: "true",
    remedy: /volumes\[1\] is mounted at work.*Remove one/,
  },
  root(
    "the text false, which would count as true",
    { useInstanceStore: "false" as unknown as boolean },
    "useInstanceStore",
    '"false"',
    /without quotes/,
  ),
  root("a disk floor of nothing", { diskFloor: { freeSpace: 0 } }, "diskFloor.freeSpace", "0", /1 to 1024/),
  root(
    "a disk floor that is no number",
    { diskFloor: { freeSpace: "2 GB" as unknown as number } },
    "diskFloor.freeSpace",
    "2 GB",
    /number/,
  ),
  root("a disk floor in quotes", { diskFloor: { freeSpace: "5" as unknown as number } }, "diskFloor.freeSpace", '"5"', /number/),
  root(
    "a floor of inodes in quotes",
    { diskFloor: { freeInodes: "10" as unknown as number } },
    "diskFloor.freeInodes",
    '"10"',
    /percentage/,
  ),
  root(
    "an empty entry in the list of volumes",
    { volumes: [at("/data"), null as unknown as VolumeArgs] },
    "volumes[1]",
    "null",
    /mountPoint and size/,
  ),
  root("a path in place of a volume", { volumes: ["/data" as unknown as VolumeArgs] }, "volumes[0]", '"/data"', /mountPoint and size/),
  root("a root volume smaller than any image", { rootVolumeSize: 7 }, "rootVolumeSize", "7", /8 to 65536 GiB of gp3/),
  root(
    "a root volume larger than its type",
    { rootVolumeType: "gp2", rootVolumeSize: 16_385 },
    "rootVolumeSize",
    "16385",
    /8 to 16384 GiB of gp2/,
  ),
  root("a floor of inodes whose double no disk has free", { diskFloor: { freeInodes: 41 } }, "diskFloor.freeInodes", "41", /1 to 40 %/),
]);

/** An image with a volume of 20 GiB besides its root volume of 8. */
const devices = [
  { deviceName: "/dev/sda1", ebs: { volume_size: "8" } },
  { deviceName: "/dev/sdb", ebs: { volume_size: "20" } },
  { deviceName: "/dev/sdc", virtualName: "ephemeral0" },
];

function ofImage(
  danger: string,
  given: Partial<VolumeArgs>,
  field: keyof VolumeArgs,
  remedy: RegExp,
  changes: BadInput["changes"] = {},
): BadInput {
  const images = { [ID]: { architecture: "x86_64", blockDeviceMappings: devices } };
  return { ...volume(danger, { mountPoint: "/data", ...given }, field, remedy, { imageId: ID, ...changes }), images };
}

rejectsAfterLookups([
  root("more IOPS than the default size allows", { rootVolumeIops: 15_001 }, "rootVolumeIops", "15001", /rootVolumeSize to at least 31/),
  ofImage("a device that the image does not have", { device: "/dev/sdd" }, "device", /has no volume there\. Use \/dev\/sdb, or remove it/),
  ofImage("an instance store of the image, which keeps nothing", { device: "/dev/sdc" }, "device", /no volume there/),
  ofImage("the root device as a further volume", { device: "/dev/sda1" }, "device", /rootVolumeSize/),
  ofImage("a volume smaller than the image's snapshot", { device: "/dev/sdb", size: 19 }, "size", /at least 20 GiB, or omit it/),
  {
    ...ofImage(
      "a work folder of the image's on which each launch would be abandoned",
      { mountPoint: "work", device: "/dev/sdb" },
      "size",
      /at least 22 GiB, or lower/,
      { diskFloor: { freeSpace: 10 } },
    ),
    value: "20",
  },
  {
    danger: "an instance store on which each launch would be abandoned",
    changes: {
      useInstanceStore: true,
      rootVolumeSize: 200,
      diskFloor: { freeSpace: 60 },
      spot: { additionalInstanceTypes: ["m6id.large"] },
    },
    field: "diskFloor.freeSpace",
    value: "60",
    remedy: /instance store of m6id\.large has 109 GiB.*Lower it, use another instance type, or remove useInstanceStore/,
  },
  ofImage("more IOPS than the image's size allows", { device: "/dev/sdb", iops: 10_001 }, "iops", /so 10000 with 20 GiB/),
  root(
    "a disk floor that leaves no room for a job",
    { rootVolumeSize: 30, diskFloor: { freeSpace: 11 } },
    "rootVolumeSize",
    "30",
    /twice diskFloor\.freeSpace = 11 GiB.*at least 31 GiB, or lower diskFloor\.freeSpace/,
  ),
]);
